namespace WatchPhoto.Indexer.Catalog.Algebra;

/// <summary>A directory was removed: everything below with a lower version is gone.</summary>
/// <param name="Directory">The library's root is the empty text.</param>
internal readonly record struct Removal(string Directory, long Version);
