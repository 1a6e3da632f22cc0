namespace WatchPhoto.Contracts;

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
