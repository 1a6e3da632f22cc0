namespace WatchPhoto.Indexer;

/// <param name="Applied">Applied to the catalog.</param>
/// <param name="OfRemovedLibraries">Dropped, because their library is removed.</param>
/// <param name="OfOldEpochs">Dropped, because their library has another owner by now.</param>
internal sealed record EventCounts(long Applied, long OfRemovedLibraries, long OfOldEpochs);
