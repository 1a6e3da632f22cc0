namespace WatchPhoto.Indexer.Proving;

/// <summary>What is known of a library's catalog being equal to its watcher's entries, and those to the disk.</summary>
public sealed record Verification
{
    public required string LibraryId { get; init; }

    /// <summary>When the catalog was last found equal to a proof; null: never, or not since it was last found different.</summary>
    public DateTimeOffset? VerifiedAt { get; init; }

    /// <summary>The version of that proof.</summary>
    public long? VerifiedVersion { get; init; }

    /// <summary>When the watcher had last compared the whole disk with its entries, as of that proof.</summary>
    public DateTimeOffset? DiskComparedAt { get; init; }

    /// <summary>How often the catalog was found different with nothing on its way that would explain it.</summary>
    public long Drifts { get; init; }

    public DateTimeOffset? LastDriftAt { get; init; }

    /// <summary>How the catalog differed then.</summary>
    public string? LastDrift { get; init; }

    /// <summary>No other resync is requested before.</summary>
    public DateTimeOffset? NextResyncAt { get; init; }
}
