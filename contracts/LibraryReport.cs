namespace WatchPhoto.Contracts;

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
