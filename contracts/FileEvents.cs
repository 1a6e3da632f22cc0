using System.Text.Json.Serialization;

namespace WatchPhoto.Contracts;

/// <summary>
/// What changed on one library's disk (watcher to indexer): 1 to <see cref="MaxEvents"/> events, or none and a proof, which
/// travels behind the events it is about.
/// </summary>
public sealed record FileEvents : IMessage
{
    /// <summary>The most events a message carries.</summary>
    public const int MaxEvents = 200;

    /// <summary>The most bytes of JSON a message carries, unless a single event is larger.</summary>
    public const int MaxBytes = 256 * 1024;

    public required string LibraryId { get; init; }

    /// <summary>The library's epoch as announced to the sender; events of any other epoch are not applied.</summary>
    public required long Epoch { get; init; }

    public required string Host { get; init; }

    public required IReadOnlyList<FileEvent> Events { get; init; }

    /// <summary>What the catalog must hold once all that was sent before is applied.</summary>
    public Proof? Proof { get; init; }

    public string? Problem()
    {
        if (MessageBounds.ProblemOfId("libraryId", LibraryId) is { } id)
            return id;
        if (Epoch < 1)
            return $"The epoch is {Epoch}, but epochs start at 1.";
        if (MessageBounds.ProblemOfHost(Host) is { } host)
            return host;
        if (Events.Count > MaxEvents || (Events.Count == 0 && Proof is null))
            return $"The message has {Events.Count} events; it must have 1 to {MaxEvents}.";

        for (int i = 0; i < Events.Count; i++)
        {
            // An item of a list may be null whatever its type says.
            if ((Events[i] is { } change ? change.Problem() : "is null") is { } problem)
                return $"events[{i}] {problem}.";
        }

        return Proof?.Problem() is { } proof ? $"The proof {proof}." : null;
    }
}

/// <summary>
/// One change. <see cref="FileEventKind.Created"/>, <see cref="FileEventKind.Changed"/> and
/// <see cref="FileEventKind.Moved"/> carry the whole present state of the entry: a register is replaced, never patched.
/// </summary>
public sealed record FileEvent
{
    public required FileEventKind Kind { get; init; }

    /// <summary>
    /// Hybrid clock of the library, in microseconds since 1970 (below 2^53). All changes of one plan carry the same.
    /// </summary>
    public required long Version { get; init; }

    /// <summary>The entry, or the directory removed, relative to the library's root, as <see cref="PhotoPath"/> writes it.</summary>
    public required string Path { get; init; }

    /// <summary>Where a moved entry was before.</summary>
    public string? OldPath { get; init; }

    public Guid? PhotoId { get; init; }

    public PhotoFile? File { get; init; }

    public PhotoDescription? Photo { get; init; }

    /// <summary>What is wrong with the event by itself, as the end of a sentence that starts with it; null: nothing.</summary>
    public string? Problem()
    {
        if (Version < 1)
            return $"has the version {Version}; versions are microseconds since 1970";
        if (Version >= MessageBounds.VersionLimit)
            return $"has the version {Version}, more than a day ahead of now: set the clock of its host right";
        if (PhotoPath.Problem(Path) is { } path)
            return $"has a path that {path}";

        return Kind switch
        {
            FileEventKind.Deleted or FileEventKind.DirectoryRemoved => null,
            FileEventKind.Moved when OldPath is null => "is a move without oldPath",
            FileEventKind.Moved when PhotoPath.Problem(OldPath) is { } oldPath => $"has an oldPath that {oldPath}",
            FileEventKind.Moved when OldPath == Path => "is a move from a path to itself",
            _ when PhotoId is null => "lacks the photoId",
            _ when PhotoId == Guid.Empty => "has an empty photoId",
            _ when File is null => "lacks the file: its size, modifiedAt and inode",
            _ when File.Size < 0 => "has a file of a negative size",
            _ => Photo?.Problem(),
        };
    }
}

[JsonConverter(typeof(EnumNames<FileEventKind>))]
public enum FileEventKind
{
    /// <summary>An entry is there that was not.</summary>
    [JsonStringEnumMemberName("created")] Created,

    /// <summary>An entry's file has other content, times or identity than told before.</summary>
    [JsonStringEnumMemberName("changed")] Changed,

    /// <summary>An entry is gone.</summary>
    [JsonStringEnumMemberName("deleted")] Deleted,

    /// <summary>An entry is now at <see cref="FileEvent.Path"/> and no longer at <see cref="FileEvent.OldPath"/>.</summary>
    [JsonStringEnumMemberName("moved")] Moved,

    /// <summary>A directory is gone and every entry below it that is not told of at this version or later.</summary>
    [JsonStringEnumMemberName("directoryRemoved")] DirectoryRemoved,
}

/// <summary>What the file system says of an entry.</summary>
public sealed record PhotoFile
{
    /// <summary>Bytes.</summary>
    public required long Size { get; init; }

    public required FileTime ModifiedAt { get; init; }

    /// <summary>
    /// The same at two paths of one library: hard links of one file. 0: the file system's numbers do not last. Travels as a
    /// string, for readers that keep numbers in 53 bits; a number is read as well.
    /// </summary>
    [JsonNumberHandling(JsonNumberHandling.AllowReadingFromString | JsonNumberHandling.WriteAsString)]
    public required ulong Inode { get; init; }

    /// <summary>Absent where the file system keeps none.</summary>
    public FileTime? BirthTime { get; init; }
}

/// <summary>What the picture says of itself.</summary>
public sealed record PhotoDescription
{
    /// <summary>Pixels.</summary>
    public int? Width { get; init; }

    /// <summary>Pixels.</summary>
    public int? Height { get; init; }

    /// <summary>The camera's clock, ISO 8601, with an offset only where the picture has one.</summary>
    public string? TakenAt { get; init; }

    public string? CameraMake { get; init; }

    public string? CameraModel { get; init; }

    internal string? Problem() =>
        Width < 0 || Height < 0 ? "has a picture of a negative size"
        : new[] { TakenAt, CameraMake, CameraModel }.Any(text => text?.Length > MessageBounds.LongestWord)
            ? $"says more than {MessageBounds.LongestWord} characters of the camera, or of the time the picture was taken"
        : null;
}
