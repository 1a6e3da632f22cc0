using System.Buffers.Text;
using System.Globalization;
using System.Text;
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
        Span<byte> utf8 = stackalloc byte[TextLength];
        time = default;
        return Encoding.UTF8.TryGetBytes(text, utf8, out int length) && TryParse(utf8[..length], out time);
    }

    /// <param name="text">UTF-8.</param>
    public static bool TryParse(ReadOnlySpan<byte> text, out FileTime time)
    {
        time = default;
        if (text.Length is <= WholeSeconds or WholeSeconds + 2 or > TextLength || text[^1] != 'Z')
            return false;

        // All nine decimals; the round-trip format, which .NET reads fast, has the first seven.
        Span<byte> full = stackalloc byte[TextLength - 1];
        full.Fill((byte)'0');
        full[WholeSeconds] = (byte)'.';
        text[..^1].CopyTo(full);
        if (!Utf8Parser.TryParse(full[..^2], out DateTime whole, out int read, 'O') || read != full.Length - 2
            || !Utf8Parser.TryParse(full[(WholeSeconds + 1)..], out int nanoseconds, out read) || read != full.Length - WholeSeconds - 1)
            return false;
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
        (time.Ticks / TimeSpan.TicksPerSecond) - (DateTime.UnixEpoch.Ticks / TimeSpan.TicksPerSecond);
}
