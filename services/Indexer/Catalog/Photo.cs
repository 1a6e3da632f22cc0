using WatchPhoto.Contracts;

namespace WatchPhoto.Indexer.Catalog;

/// <summary>A living register.</summary>
public sealed record Photo(
    string LibraryId, string Path, Guid PhotoId, long Version, PhotoFile File, PhotoDescription? Description);
