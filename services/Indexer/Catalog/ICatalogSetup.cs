namespace WatchPhoto.Indexer.Catalog;

/// <summary>Makes the catalog's database ready; awaited by the host before anything else asks the catalog.</summary>
public interface ICatalogSetup
{
    /// <summary>Creates what is missing. May be called any number of times, and by several indexers at once.</summary>
    /// <exception cref="NotSupportedException">The database was made by a newer WatchPhoto.</exception>
    Task PrepareAsync(CancellationToken cancellationToken);
}
