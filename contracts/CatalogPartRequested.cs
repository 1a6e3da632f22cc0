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
