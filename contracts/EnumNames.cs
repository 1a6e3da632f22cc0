using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace WatchPhoto.Contracts;

/// <summary>
/// An enumeration as one of its names (<see cref="JsonStringEnumMemberNameAttribute"/>): no number is one, nor are several names.
/// </summary>
public sealed class EnumNames<TEnum> : JsonConverter<TEnum>
    where TEnum : struct, Enum
{
    private static readonly (JsonEncodedText Name, TEnum Value)[] s_names =
    [
        .. typeof(TEnum).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (
            JsonEncodedText.Encode(field.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? field.Name),
            (TEnum)field.GetValue(null)!)),
    ];

    public override TEnum Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            foreach (var (name, value) in s_names)
            {
                if (reader.ValueTextEquals(name.EncodedUtf8Bytes))
                    return value;
            }
        }

        throw new JsonException();
    }

    public override void Write(Utf8JsonWriter writer, TEnum value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStringValue(s_names.First(name => EqualityComparer<TEnum>.Default.Equals(name.Value, value)).Name);
    }
}
