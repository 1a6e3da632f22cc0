namespace WatchPhoto.Contracts;

/// <summary>Asks the watcher of a library to do something with it now (indexer to every watcher; only its owner acts).</summary>
public sealed record LibraryActionRequested : IMessage
{
    public required string LibraryId { get; init; }

    public required LibraryAction Action { get; init; }

    /// <summary>Why, for the watcher's log.</summary>
    public required string Reason { get; init; }

    public string? Problem() => MessageBounds.ProblemOfId("libraryId", LibraryId) ?? MessageBounds.ProblemOfText("reason", Reason);
}
