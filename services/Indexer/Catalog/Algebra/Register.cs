namespace WatchPhoto.Indexer.Catalog.Algebra;

/// <summary>What the catalog holds for a path.</summary>
/// <param name="Live">
/// Null: a tombstone, which says that nothing older than its version is there, nor than the highest range above it.
/// </param>
internal sealed record Register(string Path, long Version, LivePhoto? Live)
{
    /// <summary>There is probably none at its path yet: a hint for who writes it, and no part of what is held.</summary>
    public bool IsFresh { get; init; }

    /// <summary>
    /// Whether this one stands where the two meet: the higher version; of one plan the living one; and, though no watcher
    /// tells two states of a path in one plan, the higher digest, so that no order of arrival ever decides.
    /// </summary>
    public bool Supersedes(Register other) => (Version, Rank).CompareTo((other.Version, other.Rank)) > 0;

    private long Rank => Live is null ? -1L : Live.Digest;
}
