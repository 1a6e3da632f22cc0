using WatchPhoto.Contracts;

namespace WatchPhoto.Indexer.Catalog;

/// <summary>
/// The registers of all libraries: last writer wins by version, so that events may come in any order, any number of
/// times and through any number of indexers at once.
/// </summary>
public interface IPhotoCatalog
{
    /// <summary>Applies every event of the message, wholly, also where the first of its effects are there already.</summary>
    /// <exception cref="ArgumentException">An event lacks what its kind needs; nothing of the message is applied.</exception>
    Task ApplyAsync(FileEvents events, CancellationToken cancellationToken);

    /// <summary>The library's photos in path order (UTF-8 bytes), streamed; changes meanwhile may be seen or not.</summary>
    /// <param name="prefix">Only paths that start so.</param>
    /// <param name="after">Only paths behind this one.</param>
    IAsyncEnumerable<Photo> ReadAsync(string libraryId, string? prefix, string? after, int? limit, CancellationToken cancellationToken);

    /// <summary>Every living path of a photo: usually one.</summary>
    Task<IReadOnlyList<Photo>> FindAsync(Guid photoId, CancellationToken cancellationToken);

    /// <summary>What the catalog holds of a library, to compare with the watcher's proof.</summary>
    /// <returns>Highest version of any register, tombstone or range; count and digest of the living registers.</returns>
    Task<Proof> ProveAsync(string libraryId, CancellationToken cancellationToken);

    /// <summary>The same, count and digest being of the living registers with a version above <paramref name="floor"/> only.</summary>
    Task<Proof> ProveAboveAsync(string libraryId, long floor, CancellationToken cancellationToken);

    /// <summary>
    /// Tombstones every register of the library with this version or a lower one, and all such that come later: as if the
    /// library's root had been removed just above <paramref name="floor"/>.
    /// </summary>
    Task BuryUpToAsync(string libraryId, long floor, CancellationToken cancellationToken);

    /// <summary>
    /// Gives everything of the library that has a higher version this one: what a wrong clock has told does not stand above what
    /// is told from now on. What was lowered has a digest of before: its watcher must tell all of the library again.
    /// </summary>
    /// <returns>How many registers, tombstones and ranges that were.</returns>
    Task<long> LowerAsync(string libraryId, long version, CancellationToken cancellationToken);

    /// <summary>The highest version of any register, tombstone or range of each library, in a few questions; of one that holds nothing there is none.</summary>
    Task<IReadOnlyDictionary<string, long>> HighestVersionsAsync(IReadOnlyCollection<string> libraryIds, CancellationToken cancellationToken);

    /// <summary>Forgets all registers, tombstones and ranges of removed libraries; returns how many there were.</summary>
    Task<long> ForgetAsync(IReadOnlyCollection<string> libraryIds, CancellationToken cancellationToken);

    /// <summary>Forgets tombstones and ranges past their age; returns how many. Housekeeping: call it now and then.</summary>
    Task<long> ExpireAsync(DateTimeOffset now, CancellationToken cancellationToken);
}
