using System.ComponentModel.DataAnnotations;

namespace WatchPhoto.Indexer;

/// <summary>Configuration section <c>Indexer</c>; a variable of the environment is <c>Indexer__AnnouncementInterval</c> and so on.</summary>
public sealed record IndexerOptions
{
    public const string Section = "Indexer";

    /// <summary>How often all libraries are announced, beside every time one of them changes.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan AnnouncementInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long what is known of a library is believed before the registry is read again.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:30")]
    public TimeSpan LibraryMemory { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often the photos of removed libraries and what has expired are looked for.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan HousekeepingInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a removed library can be restored; after that its registration is dropped.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "3650.00:00:00")]
    public TimeSpan RemovedLibraryAge { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long a catalog that differs from its watcher's proof is given, for what may still be on its way.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan ProofPatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a host's watcher must have been silent before another one that calls itself by the same name takes over its
    /// libraries: several of the watchers' report intervals.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan OwnerSilence { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long the clocks of an indexer and of a library's watcher must say that the library's versions are more than a day ahead,
    /// before these are brought back: a clock that is behind is set right meanwhile.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan ClockPatience { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a watcher may look what a library would hold; what it has found by then is the preview.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan PreviewTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Messages applied to the catalog at the same time by one indexer.</summary>
    [Range(1, 256)]
    public int ConcurrentMessages { get; init; } = 8;

    /// <summary>
    /// Messages that one indexer takes out of the queue beside those being applied, so that it never waits for the broker. Few:
    /// what it has taken no other indexer can apply, and each may be 256 KiB in memory.
    /// </summary>
    [Range(0, 1000)]
    public int MessagesAhead { get; init; } = 8;

    /// <summary>Connections to the API at the same time, and fewer where the process may not have so many files open; one more is closed at once.</summary>
    [Range(1, 100_000)]
    public int MostConnections { get; init; } = 512;

    /// <summary>How long a connection to the API is kept on which nothing is asked.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan ConnectionIdleTime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a request may take to be answered once it has come; a stream of photos, a replay and a preview are as long as they are.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan RequestTime { get; init; } = TimeSpan.FromSeconds(30);
}
