using WatchPhoto.Contracts;

namespace WatchPhoto.Indexer.Registry;

/// <summary>The registered libraries, kept in the catalog's database; also written to by hand there.</summary>
public interface ILibraryRegistry
{
    /// <summary>
    /// Everything registered, removed libraries among it, with the catalog's id and the registry's revision; without what the
    /// catalog holds of each (<see cref="Catalog.CatalogLibraries.WithHighestVersionsAsync"/>).
    /// </summary>
    Task<LibrariesAnnounced> ReadAsync(CancellationToken cancellationToken);

    /// <returns>False: a library of this id exists (perhaps removed).</returns>
    Task<bool> AddAsync(Library library, CancellationToken cancellationToken);

    /// <summary>Replaces a library, unless it has changed hands since it was read.</summary>
    /// <param name="present">As it was read: its owner and epoch must still be these.</param>
    /// <returns>False: they are not, or there is no such library any more.</returns>
    Task<bool> ReplaceAsync(Library present, Library library, CancellationToken cancellationToken);

    /// <summary>The same of many at once, each by itself.</summary>
    /// <returns>How many were replaced.</returns>
    Task<long> ReplaceAsync(IReadOnlyList<(Library Present, Library Library)> changes, CancellationToken cancellationToken);

    /// <summary>Forgets that a library, removed long ago, was ever registered.</summary>
    /// <returns>False: there is none of this id, or it is not removed.</returns>
    Task<bool> DropAsync(string libraryId, CancellationToken cancellationToken);
}
