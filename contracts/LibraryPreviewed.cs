namespace WatchPhoto.Contracts;

/// <summary>What a library would hold (watcher to every indexer; only the one that asked takes it).</summary>
public sealed record LibraryPreviewed : IMessage
{
    /// <summary>The most paths that are told.</summary>
    public const int MaxPaths = 20;

    /// <summary>As in the request.</summary>
    public required Guid PreviewId { get; init; }

    /// <summary>Files found, all of them if the preview is complete.</summary>
    public long Files { get; init; }

    /// <summary>The first of them, as <see cref="PhotoPath"/> writes them, in the order of their bytes.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>Directories found that the globs leave out; what is below them is not counted.</summary>
    public long DirectoriesLeftOut { get; init; }

    /// <summary>Whether everything was looked at.</summary>
    public bool IsComplete { get; init; }

    /// <summary>Why not everything was, in a sentence.</summary>
    public string? Reason { get; init; }

    /// <summary>Why there is no answer, in a sentence; null: there is.</summary>
    public string? Problem { get; init; }

    /// <summary>The problem is another preview that takes its time.</summary>
    public bool IsBusy { get; init; }

    string? IMessage.Problem() =>
        (Files < 0 || DirectoriesLeftOut < 0 ? "A number of files or directories is negative." : null)
        ?? MessageBounds.ProblemOfItems("paths", Paths, MaxPaths, path => MessageBounds.ProblemOfPath("path", path))
        ?? MessageBounds.ProblemOfText("reason", Reason)
        ?? MessageBounds.ProblemOfText("problem", Problem);
}
