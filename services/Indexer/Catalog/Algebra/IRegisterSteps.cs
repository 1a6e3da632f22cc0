namespace WatchPhoto.Indexer.Catalog.Algebra;

/// <summary>
/// All that a store must be able to do. A step changes many registers or ranges, each by itself and on a condition that
/// the store checks in the same breath; between any two of them others may do theirs, and anyone may die.
/// </summary>
internal interface IRegisterSteps
{
    /// <summary>Raises the range of each directory to the version given, unless it is there already.</summary>
    Task RaiseRangesAsync(string libraryId, IReadOnlyList<Removal> removals, CancellationToken cancellationToken);

    /// <summary>Makes a tombstone of the removal's version out of every living register below with a lower version.</summary>
    Task SweepAsync(string libraryId, IReadOnlyList<Removal> removals, CancellationToken cancellationToken);

    /// <summary>Puts each register that supersedes what its path holds (<see cref="Register.Supersedes"/>).</summary>
    /// <param name="registers">At most one a path.</param>
    /// <param name="create">Whether a register may come to be where none is, not even a tombstone.</param>
    Task WriteAsync(string libraryId, IReadOnlyList<Register> registers, bool create, CancellationToken cancellationToken);

    /// <returns>The ranges that there are of these directories, with at least the versions they had when asked.</returns>
    Task<IReadOnlyDictionary<string, long>> ReadRangesAsync(
        string libraryId, IReadOnlyCollection<string> directories, CancellationToken cancellationToken);
}
