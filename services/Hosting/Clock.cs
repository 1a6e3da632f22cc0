using System.Globalization;

namespace WatchPhoto.Hosting;

/// <summary>The host's clock, as far as nothing works without it.</summary>
public static class Clock
{
    /// <summary>Why the process cannot work, in one sentence; null: it can.</summary>
    public static string? Problem => ProblemAt(DateTimeOffset.UtcNow);

    // Ids and versions are times since 1970.
    public static string? ProblemAt(DateTimeOffset now) => now > DateTimeOffset.UnixEpoch ? null
        : string.Create(CultureInfo.InvariantCulture, $"The clock of this host says {now:yyyy-MM-dd}, before 1970: set it right (timedatectl, or date -s), and start again.");
}
