using System.Globalization;
using System.Text.Json;
using WatchPhoto.Contracts;

namespace WatchPhoto.Indexer.Tests.Bus;

public class FileTimeTests
{
    [Theory]
    [InlineData("2026-11-23T05:07:01.123456789Z", 123_456_789)]
    [InlineData("2026-11-23T05:07:01.1Z", 100_000_000)]
    [InlineData("2026-11-23T05:07:01.00000001Z", 10)]
    [InlineData("2026-11-23T05:07:01Z", 0)]
    public void A_time_has_none_to_nine_decimals(string text, int nanoseconds)
    {
        var time = FileTime.Parse(text);
        Assert.Equal(
            new FileTime(DateTimeOffset.Parse("2026-11-23T05:07:01Z", CultureInfo.InvariantCulture).ToUnixTimeSeconds(), nanoseconds),
            time);
        Assert.Equal(time, JsonSerializer.Deserialize<FileTime>($"\"{text}\""));
        Assert.Equal(time, JsonSerializer.Deserialize<FileTime>($"\"{text.Replace(":", "\\u003a", StringComparison.Ordinal)}\""));
        Assert.Equal(time, FileTime.Parse(time.ToString()));
    }

    [Theory]
    [InlineData("1969-12-31T23:59:59.999999999Z", -1)]
    [InlineData("0001-01-01T00:00:00.000000001Z", -62_135_596_800)]
    [InlineData("9999-12-31T23:59:59.999999999Z", 253_402_300_799)]
    public void Seconds_are_rounded_down_at_any_time(string text, long seconds)
    {
        Assert.Equal(seconds, FileTime.Parse(text).Seconds);
        Assert.Equal(text, FileTime.Parse(text).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("Z")]
    [InlineData("2026-11-23T05:07:01")]
    [InlineData("2026-11-23T05:07:01.Z")]
    [InlineData("2026-11-23T05:07:01.1234567890Z")]
    [InlineData("2026-11-23T05:07:01.12345678xZ")]
    [InlineData("2026-11-23T05:07:01.+23456789Z")]
    [InlineData("2026-11-23T05:07:01 123456789Z")]
    [InlineData("2026-11-23T05:07:01.123456789z")]
    [InlineData("2026-11-23T05:07:01.123+01:00")]
    [InlineData("2026-11-23 05:07:01Z")]
    [InlineData("2026-11-31T05:07:01Z")]
    [InlineData("2026-11-23T24:00:00Z")]
    [InlineData("2026-11-23T05:07:60Z")]
    [InlineData("２026-11-23T05:07:01Z")]
    public void Anything_else_is_no_time(string text)
    {
        Assert.False(FileTime.TryParse(text, out _));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<FileTime>($"\"{text}\""));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("1")]
    [InlineData("{}")]
    public void Nor_is_what_is_no_text(string json) => Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<FileTime>(json));
}
