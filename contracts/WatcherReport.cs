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
