using WatchPhoto.Contracts;

namespace WatchPhoto.Indexer.Registry;

/// <summary>The registered libraries, kept in the catalog's database; also written to by hand there.</summary>
public interface ILibraryRegistry
{
    /// <summary>Everything registered, removed libraries among it, with the catalog's id and the registry's revision.</summary>
    Task<LibrariesAnnounced> ReadAsync(CancellationToken cancellationToken);

    /// <returns>False: a library of this id exists (perhaps removed).</returns>
    Task<bool> AddAsync(Library library, CancellationToken cancellationToken);

    /// <summary>Replaces a library, unless it has changed hands since it was read.</summary>
    /// <param name="present">As it was read: its owner and epoch must still be these.</param>
    /// <returns>False: they are not, or there is no such library any more.</returns>
    Task<bool> ReplaceAsync(Library present, Library library, CancellationToken cancellationToken);

    /// <summary>Forgets that a library, removed long ago, was ever registered.</summary>
    /// <returns>False: there is none of this id, or it is not removed.</returns>
    Task<bool> DropAsync(string libraryId, CancellationToken cancellationToken);
}

/// <summary>
/// The last report of every host's watcher, kept in the catalog's database. The first watcher to report under a host's name
/// has it; another state's report is not kept, until the name's watcher has been silent for long enough.
/// </summary>
public interface IWatcherReports
{
    /// <summary>A report waits no longer than this on its way: one that was sent more than this before another did not.</summary>
    static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(1);

    /// <summary>Keeps the report if the host's name belongs to its state, or does from now on, unless a later one is there.</summary>
    /// <param name="silence">
    /// How long the name's watcher must not have been heard, while others were, before one of these has the name. By the
    /// database's clock.
    /// </param>
    /// <returns>True: the name has come to the report's state just now.</returns>
    Task<bool> SaveAsync(WatcherReport report, TimeSpan silence, CancellationToken cancellationToken);

    Task<IReadOnlyList<WatcherReport>> ReadAsync(CancellationToken cancellationToken);

    Task<IReadOnlyList<HostLease>> ReadLeasesAsync(CancellationToken cancellationToken);
}
