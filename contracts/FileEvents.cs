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
