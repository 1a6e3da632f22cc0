using System.Globalization;

namespace WatchPhoto.Testing;

/// <summary>How much is tried: WATCHPHOTO_FUZZ=n tries n times as much.</summary>
public static class Fuzz
{
    public static int Times { get; } =
        int.Parse(
            Environment.GetEnvironmentVariable("WATCHPHOTO_FUZZ") is { Length: > 0 } times ? times : "1", CultureInfo.InvariantCulture);
}
