using System.Text.Json;
using System.Text.Json.Serialization;

namespace WatchPhoto.Contracts;

public sealed class FileTimeJsonConverter : JsonConverter<FileTime>
{
    public override FileTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        FileTime time = default;
        bool isTime = reader.TokenType == JsonTokenType.String && (reader.HasValueSequence || reader.ValueIsEscaped
            ? FileTime.TryParse(reader.GetString(), out time)
            : FileTime.TryParse(reader.ValueSpan, out time));
        return isTime ? time : throw new JsonException("A time is written like 2026-11-23T05:07:01.123456789Z.");
    }

    public override void Write(Utf8JsonWriter writer, FileTime value, JsonSerializerOptions options) =>
        Write(writer, value);

    private static void Write(Utf8JsonWriter writer, FileTime value)
    {
        Span<byte> text = stackalloc byte[FileTime.TextLength];
        value.Format(text);
        writer.WriteStringValue(text);
    }
}
