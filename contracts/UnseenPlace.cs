namespace WatchPhoto.Contracts;

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
