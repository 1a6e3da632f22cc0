namespace WatchPhoto.Contracts;

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
