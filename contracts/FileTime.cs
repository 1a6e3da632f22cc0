using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace WatchPhoto.Contracts;

/// <summary>
/// A moment as a file system keeps it: seconds since 1970-01-01 UTC and nanoseconds within the second.
/// Travels as ISO 8601 UTC with nine decimals (<c>2026-11-23T05:07:01.123456789Z</c>); moments outside of the
/// years 1 to 9999, which ISO 8601 cannot say in four digits, are brought to the nearest that it can.
/// </summary>
[JsonConverter(typeof(FileTimeJsonConverter))]
public readonly record struct FileTime : IComparable<FileTime>
{
    private const int NanosecondsPerSecond = 1_000_000_000;
    private const int WholeSeconds = 19; // yyyy-MM-ddTHH:mm:ss
    internal const int TextLength = WholeSeconds + 11;
    private static readonly long Earliest = ToSeconds(DateTime.MinValue);
    private static readonly long Latest = ToSeconds(DateTime.MaxValue);

    public FileTime(long seconds, int nanoseconds)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(nanoseconds);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(nanoseconds, NanosecondsPerSecond);
        Seconds = Math.Clamp(seconds, Earliest, Latest);
        Nanoseconds = nanoseconds;
    }

    /// <summary>Seconds since 1970-01-01 UTC, rounded down.</summary>
    public long Seconds { get; }

    /// <summary>0 to 999,999,999.</summary>
    public int Nanoseconds { get; }

    /// <summary>Reads ISO 8601 UTC (<c>Z</c>) with none to nine decimals.</summary>
    /// <exception cref="FormatException">The text is anything else.</exception>
    public static FileTime Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var time)
            ? time
            : throw new FormatException($"'{text}' is not a time like 2026-11-23T05:07:01.123456789Z.");

    public static bool TryParse(ReadOnlySpan<char> text, out FileTime time)
    {
        time = default;
        if (text.Length <= WholeSeconds || text[^1] != 'Z'
            || !DateTime.TryParseExact(text[..WholeSeconds], "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture,
                DateTimeStyles.None, out var whole))
            return false;

        int nanoseconds = 0;
        var fraction = text[WholeSeconds..^1];
        if (fraction.Length > 0)
        {
            if (fraction[0] != '.' || fraction.Length is < 2 or > 10
                || !int.TryParse(fraction[1..], NumberStyles.None, CultureInfo.InvariantCulture, out nanoseconds))
                return false;
            for (int digits = fraction.Length - 1; digits < 9; digits++)
                nanoseconds *= 10;
        }

        time = new FileTime(ToSeconds(whole), nanoseconds);
        return true;
    }

    public override string ToString()
    {
        Span<byte> text = stackalloc byte[TextLength];
        Format(text);
        return Encoding.ASCII.GetString(text);
    }

    /// <param name="text">ASCII, as long as <see cref="TextLength"/>.</param>
    internal void Format(Span<byte> text)
    {
        // The round-trip format is the one that .NET writes fast; it ends in seven decimals.
        DateTime.UnixEpoch.AddTicks(Seconds * TimeSpan.TicksPerSecond).TryFormat(text, out _, "O", CultureInfo.InvariantCulture);
        Nanoseconds.TryFormat(text[(WholeSeconds + 1)..], out _, "D9", CultureInfo.InvariantCulture);
        text[^1] = (byte)'Z';
    }

    public int CompareTo(FileTime other) => (Seconds, Nanoseconds).CompareTo((other.Seconds, other.Nanoseconds));

    public static bool operator <(FileTime left, FileTime right) => left.CompareTo(right) < 0;
    public static bool operator >(FileTime left, FileTime right) => left.CompareTo(right) > 0;
    public static bool operator <=(FileTime left, FileTime right) => left.CompareTo(right) <= 0;
    public static bool operator >=(FileTime left, FileTime right) => left.CompareTo(right) >= 0;

    private static long ToSeconds(DateTime time) =>
        (time.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond;
}

public sealed class FileTimeJsonConverter : JsonConverter<FileTime>
{
    public override FileTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        FileTime.TryParse(reader.GetString(), out var time)
            ? time
            : throw new JsonException("A time is written like 2026-11-23T05:07:01.123456789Z.");

    public override void Write(Utf8JsonWriter writer, FileTime value, JsonSerializerOptions options) =>
        Write(writer, value);

    private static void Write(Utf8JsonWriter writer, FileTime value)
    {
        Span<byte> text = stackalloc byte[FileTime.TextLength];
        value.Format(text);
        writer.WriteStringValue(text);
    }
}
