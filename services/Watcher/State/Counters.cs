namespace WatchPhoto.Watcher.State;

/// <summary>What a library counts of its entries, for its proof.</summary>
/// <param name="Version">That of the last plan.</param>
/// <param name="Digest">The sum of the entries' digests.</param>
internal readonly record struct Counters(long Version, long Entries, long Digest);
