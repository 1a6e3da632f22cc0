using System.Text.Json.Serialization;

namespace WatchPhoto.Contracts;

/// <summary>How a watcher and its libraries are (watcher to indexer), sent every few seconds.</summary>
public sealed record WatcherReport : IMessage
{
    public required string Host { get; init; }

    /// <summary>The id of the watcher's state database.</summary>
    public required Guid StateId { get; init; }

    /// <summary>Made at the watcher's start.</summary>
    public required Guid RunId { get; init; }

    public required DateTimeOffset SentAt { get; init; }

    /// <summary>Kernel watches held by this watcher.</summary>
    public required int WatchesUsed { get; init; }

    /// <summary>Kernel watches one user may hold (<c>fs.inotify.max_user_watches</c>).</summary>
    public required int WatchesLimit { get; init; }

    /// <summary>Messages' rows of the outbox not yet confirmed.</summary>
    public required long PendingOutbox { get; init; }

    public required IReadOnlyList<LibraryReport> Libraries { get; init; }

    /// <summary>Libraries registered for this host that the watcher will not watch, and why.</summary>
    public IReadOnlyList<RefusedLibrary> Refused { get; init; } = [];

    /// <summary>The run of another watcher that reports under this host's name: this is the answer to it.</summary>
    public Guid? Rival { get; init; }

    public string? Problem() =>
        MessageBounds.ProblemOfHost(Host)
        ?? (StateId == Guid.Empty ? "The stateId is empty." : null)
        ?? (WatchesUsed < 0 || WatchesLimit < 0 || PendingOutbox < 0 ? "A number of watches or messages is negative." : null)
        ?? MessageBounds.ProblemOfItems("libraries", Libraries, MessageBounds.MostLibraries, library => library.Problem())
        ?? MessageBounds.ProblemOfItems("refused", Refused, MessageBounds.MostLibraries, refused =>
            MessageBounds.ProblemOfId("libraryId", refused.LibraryId) ?? MessageBounds.ProblemOfText("reason", refused.Reason));
}

public sealed record LibraryReport
{
    public required string LibraryId { get; init; }

    public required long Epoch { get; init; }

    public required LibraryState State { get; init; }

    /// <summary>Why it is in this state, and what would help, in one sentence each; null when all is well.</summary>
    public string? Reason { get; init; }

    public required long Entries { get; init; }

    public required long Directories { get; init; }

    /// <summary>Present while the library is compared with its disk; in other states than scanning that is the regular audit.</summary>
    public ScanProgress? Progress { get; init; }

    /// <summary>When the whole disk was last compared with the state.</summary>
    public DateTimeOffset? DiskComparedAt { get; init; }

    /// <summary>Present when the library is quiet: what the catalog must then hold.</summary>
    public Proof? Proof { get; init; }

    /// <summary>What of the library cannot be seen now, so that nothing is claimed of it; null: all of it is seen.</summary>
    public Unseen? Unseen { get; init; }

    internal string? Problem() =>
        MessageBounds.ProblemOfId("libraryId", LibraryId)
        ?? (Epoch < 0 ? $"The epoch is {Epoch}, but epochs start at 1." : null)
        ?? MessageBounds.ProblemOfText("reason", Reason)
        ?? (
            Entries < 0 || Directories < 0 || Progress is { Files: < 0 } or { Expected: < 0 }
                ? "A number of files or directories is negative."
                : null)
        ?? (Proof?.Problem() is { } proof ? $"The proof {proof}." : null)
        ?? (Unseen is null ? null : Unseen.Count < 0 ? "The number of unseen places is negative."
            : MessageBounds.ProblemOfItems("places", Unseen.Places, Unseen.MostPlaces, place => place.Problem()));
}

/// <summary>Where a watcher does not see a library's disk.</summary>
/// <param name="Count">How many places there are.</param>
/// <param name="Places">The first of them.</param>
public sealed record Unseen(long Count, IReadOnlyList<UnseenPlace> Places)
{
    /// <summary>A report lists as many places; of more it says only how many there are.</summary>
    public const int MostPlaces = 20;
}

/// <summary>A directory, or names in it, that a watcher does not see.</summary>
public sealed record UnseenPlace
{
    /// <summary>
    /// Relative to the library's root, as paths of photos are, and empty for the root; null: the reason is at no place, and is the
    /// whole library's.
    /// </summary>
    public string? Directory { get; init; }

    public required string Reason { get; init; }

    /// <summary>What would help.</summary>
    public required string Remedy { get; init; }

    /// <summary>The first of the names that cannot be looked at; null: it is the directory with all below.</summary>
    public string? Name { get; init; }

    /// <summary>How many such names there are in it; 0: it is the directory with all below.</summary>
    public long Names { get; init; }

    internal string? Problem() =>
        MessageBounds.ProblemOfText("directory", Directory)
        ?? MessageBounds.ProblemOfText("name", Name)
        ?? MessageBounds.ProblemOfText("reason", Reason)
        ?? MessageBounds.ProblemOfText("remedy", Remedy)
        ?? (Names < 0 ? "The number of names is negative." : null);
}

[JsonConverter(typeof(EnumNames<LibraryState>))]
public enum LibraryState
{
    /// <summary>Waiting for the catalog's picture of the library, the own state being lost.</summary>
    [JsonStringEnumMemberName("recovering")] Recovering,

    /// <summary>Comparing the disk with the state.</summary>
    [JsonStringEnumMemberName("scanning")] Scanning,

    /// <summary>Every change is seen as it happens.</summary>
    [JsonStringEnumMemberName("watching")] Watching,

    /// <summary>The file system tells no events: compared again and again.</summary>
    [JsonStringEnumMemberName("polling")] Polling,

    /// <summary>Part of the tree cannot be watched or read.</summary>
    [JsonStringEnumMemberName("degraded")] Degraded,

    /// <summary>A scan would delete so much that a person must decide.</summary>
    [JsonStringEnumMemberName("held")] Held,

    /// <summary>The root is not there, or not the one known.</summary>
    [JsonStringEnumMemberName("offline")] Offline,
}

/// <param name="Files">Files compared so far.</param>
/// <param name="Expected">Files there will be, as far as is known.</param>
/// <param name="FilesPerSecond">Since the scan began.</param>
/// <param name="BusySeconds">How long one core has worked for it; the rest of the time it has left to others.</param>
public sealed record ScanProgress(long Files, long Expected, double FilesPerSecond, double BusySeconds);

/// <summary>What the catalog must hold of a library: see <see cref="RegisterDigest"/>.</summary>
/// <param name="Version">The library's highest version.</param>
/// <param name="Count">Living entries.</param>
/// <param name="Digest">Sum of the entries' digests: above 53 bits from four million entries on, so it travels as a string; a number
/// is read as well.</param>
/// <param name="Floor">
/// After a resync: every living entry was told with a version above this one, so that what the catalog holds at or below it,
/// once the registers above match, is of no entry.
/// </param>
/// <param name="DiskComparedAt">When the whole disk was last compared with the entries.</param>
public sealed record Proof(
    long Version, long Count,
    [property: JsonNumberHandling(JsonNumberHandling.AllowReadingFromString | JsonNumberHandling.WriteAsString)] long Digest,
    long Floor = 0, DateTimeOffset? DiskComparedAt = null)
{
    /// <summary>What is wrong with the proof by itself, as the end of a sentence that starts with it; null: nothing.</summary>
    public string? Problem() =>
        Version is < 0 or >= MessageBounds.VersionLimit ? $"has the version {Version}; versions are microseconds since 1970"
        : Floor < 0 || Floor > Version ? $"has the floor {Floor}, which is not between 0 and its version {Version}"
        : Count < 0 ? $"has {Count} entries"
        // Each entry has 32 bits of it.
        : Digest < 0 || (Count < int.MaxValue && Digest > Count * uint.MaxValue) ? $"has a digest that {Count} entries cannot have"
        : null;
}

public sealed record RefusedLibrary(string LibraryId, string Reason);
