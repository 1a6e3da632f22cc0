namespace WatchPhoto.Contracts;

/// <summary>Asks what a library would hold, registered or not (indexer to every watcher; only the one of this state answers).</summary>
public sealed record LibraryPreviewRequested : IMessage
{
    /// <summary>The longest that a watcher looks, in seconds.</summary>
    public const double MostSeconds = 60;

    /// <summary>The answer repeats it.</summary>
    public required Guid PreviewId { get; init; }

    /// <summary>The state of the watcher that is asked: its library's host has no other.</summary>
    public required Guid StateId { get; init; }

    /// <summary>Its path and globs are what matters.</summary>
    public required Library Library { get; init; }

    /// <summary>How long the watcher may look, in seconds.</summary>
    public required double Seconds { get; init; }

    public string? Problem() =>
        Seconds is > 0 and <= MostSeconds
            ? Library.AnnouncedProblem() ?? Library.Problem()
            : $"The watcher may look {Seconds} seconds; it must be above 0, and {MostSeconds} at most.";
}
