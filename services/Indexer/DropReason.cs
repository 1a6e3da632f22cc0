namespace WatchPhoto.Indexer;

internal enum DropReason
{
    LibraryRemoved,
    OldEpoch,
}
