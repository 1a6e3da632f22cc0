using System.ComponentModel.DataAnnotations;
using WatchPhoto.Watcher.Libraries;

namespace WatchPhoto.Watcher;

/// <summary>Configuration section <c>Watcher</c>; a variable of the environment is <c>Watcher__Host</c> and so on.</summary>
public sealed record WatcherOptions
{
    public const string Section = "Watcher";

    /// <summary>The name under which libraries are registered for this host.</summary>
    [Required, StringLength(253, MinimumLength = 1)]
    public string Host { get; init; } = Environment.MachineName;

    /// <summary>Where the watcher keeps what it has told, and what of that is not confirmed yet.</summary>
    [Required]
    public string StateDirectory { get; init; } = "/var/lib/watchphoto";

    /// <summary>
    /// The directories that are watched at all, with all below, parted by semicolons: a library elsewhere is refused. Null:
    /// everything may be watched.
    /// </summary>
    [WatchedRoots.Directories]
    public string? Roots { get; init; }

    /// <summary>How long a name that was moved away waits for the name it was moved to, before it counts as gone.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan MoveWindow { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How long a file that is rewritten again and again is left alone between two announcements.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan RewriteInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long nothing must be heard of a file that was created or written and that nobody has closed, before it is announced all
    /// the same.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan SettleTime { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often the root of each library is checked to be there and to be the one known.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan RootCheckInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often a directory that could not be watched or read is tried again.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan TroubleInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often what tells no events (a network file system) is compared.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How often every library is compared as a whole, for what no event tells.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "365.00:00:00")]
    public TimeSpan AuditInterval { get; init; } = TimeSpan.FromDays(1);

    /// <summary>The share of the time that such an audit may take of one core and of the disk.</summary>
    [Range(0.001, 1.0)]
    public double AuditShare { get; init; } = 0.1;

    /// <summary>A scan that misses more entries than this, and more than half of a library, asks before it deletes them.</summary>
    [Range(0, int.MaxValue)]
    public int MostDeletions { get; init; } = 1000;

    /// <summary>How long the photo id of a file that is gone is kept for its return.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "3650.00:00:00")]
    public TimeSpan Memory { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How often the watcher reports itself.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan ReportInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How much may wait to be sent, in bytes: beyond, it is dropped, and the libraries are told as a whole when the bus takes
    /// messages again. That needs some of it itself.
    /// </summary>
    [Range(1L << 20, long.MaxValue)]
    public long OutboxLimit { get; init; } = 1L << 30;

    /// <summary>How often a quiet library is proven to be in the catalog as it is here, when nothing has changed.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan ProofInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Messages sent and not yet confirmed, at most.</summary>
    [Range(1, 1000)]
    public int MessagesInFlight { get; init; } = 20;
}
