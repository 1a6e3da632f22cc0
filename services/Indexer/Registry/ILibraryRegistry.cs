using WatchPhoto.Contracts;

namespace WatchPhoto.Indexer.Registry;

/// <summary>The registered libraries, kept in the catalog's database; also written to by hand there.</summary>
public interface ILibraryRegistry
{
    /// <summary>Everything registered, removed libraries among it, with the catalog's id and the registry's revision.</summary>
    Task<LibrariesAnnounced> ReadAsync(CancellationToken cancellationToken);

    /// <returns>False: a library of this id exists (perhaps removed).</returns>
    Task<bool> AddAsync(Library library, CancellationToken cancellationToken);

    /// <summary>Replaces the library of this id.</summary>
    /// <returns>False: there is none.</returns>
    Task<bool> ReplaceAsync(Library library, CancellationToken cancellationToken);

    /// <summary>Forgets that a library, removed long ago, was ever registered.</summary>
    /// <returns>False: there is none of this id, or it is not removed.</returns>
    Task<bool> DropAsync(string libraryId, CancellationToken cancellationToken);
}

/// <summary>The last report of every watcher, kept in the catalog's database, by host.</summary>
public interface IWatcherReports
{
    /// <summary>Keeps the report unless a later one of the same state is there.</summary>
    Task SaveAsync(WatcherReport report, CancellationToken cancellationToken);

    Task<IReadOnlyList<WatcherReport>> ReadAsync(CancellationToken cancellationToken);
}
