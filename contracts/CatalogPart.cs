namespace WatchPhoto.Contracts;

/// <summary>
/// Asks for the catalog's picture of a library (watcher to indexer), part by part: its state is lost, or the library is
/// new to it.
/// </summary>
public sealed record CatalogPartRequested : IMessage
{
    public required string LibraryId { get; init; }

    /// <summary>The id of the asking watcher's state database.</summary>
    public required Guid StateId { get; init; }

    /// <summary>The last path of the part before; null: the first is asked for.</summary>
    public string? After { get; init; }

    public string? Problem() =>
        MessageBounds.ProblemOfId("libraryId", LibraryId)
        ?? (StateId == Guid.Empty ? "The stateId is empty." : null)
        ?? MessageBounds.ProblemOfPath("after", After);
}

/// <summary>Some of a library's living registers in path order (indexer to every watcher; only the one that asked takes it).</summary>
public sealed record CatalogPart : IMessage
{
    /// <summary>The most registers of a part.</summary>
    public const int MaxEntries = 1000;

    public required string LibraryId { get; init; }

    public required Guid StateId { get; init; }

    /// <summary>As in the request.</summary>
    public string? After { get; init; }

    public required IReadOnlyList<CatalogEntry> Entries { get; init; }

    /// <summary>Nothing comes behind these.</summary>
    public required bool IsLast { get; init; }

    /// <summary>In the first part the highest version the catalog holds of the library; in the others that of their entries.</summary>
    public required long HighestVersion { get; init; }

    public string? Problem() =>
        MessageBounds.ProblemOfId("libraryId", LibraryId)
        ?? (StateId == Guid.Empty ? "The stateId is empty." : null)
        ?? MessageBounds.ProblemOfPath("after", After)
        ?? MessageBounds.ProblemOfVersion("highestVersion", HighestVersion)
        ?? MessageBounds.ProblemOfItems("entries", Entries, MaxEntries, entry => entry.Problem())
        ?? (!IsLast && (Entries.Count == 0 || Entries[^1].Path == After) ? "The part is not the last, and leads no further." : null);
}

/// <summary>A living register.</summary>
public sealed record CatalogEntry(string Path, Guid PhotoId, long Version, PhotoFile File)
{
    internal string? Problem() =>
        MessageBounds.ProblemOfPath("path", Path)
        ?? (
            Version < 1
                ? $"The version is {Version}; versions are microseconds since 1970."
                : MessageBounds.ProblemOfVersion("version", Version))
        ?? (PhotoId == Guid.Empty ? "The photoId is empty." : null)
        ?? (File.Size < 0 ? "The file has a negative size." : null);
}
