using WatchPhoto.Contracts;

namespace WatchPhoto.Indexer.Registry;

/// <summary>
/// Gives each library to the watcher that has its host's name. Any number of indexers may do so at once: of two that
/// decide on the same library, one finds that it has changed hands.
/// </summary>
internal sealed partial class LibraryOwners(ILibraryRegistry registry, IWatcherReports reports, ILogger<LibraryOwners> logger)
{
    /// <summary>Gives the libraries whose owner is another to the watcher of their host.</summary>
    /// <returns>All libraries, as they are then.</returns>
    public async Task<LibrariesAnnounced> AssignAsync(CancellationToken cancellationToken)
    {
        // The leases after the libraries: what was given away between the two is not taken back on an older lease.
        var announced = await registry.ReadAsync(cancellationToken);
        var leases = await reports.ReadLeasesAsync(cancellationToken);
        var owners = leases.ToDictionary(lease => lease.Host, lease => lease.StateId);
        var given = announced.Libraries
            .Where(library => library.RemovedAt is null && owners.TryGetValue(library.Host, out var owner) && owner != library.Owner)
            .Select(library => (library, Given(library, owners[library.Host]))).ToList();
        if (given.Count > 0 && await registry.ReplaceAsync(given, cancellationToken) > 0)
        {
            announced = await registry.ReadAsync(cancellationToken);
            LogTakenOver(given, announced.Libraries);
        }

        return announced with { Hosts = leases };
    }

    // What the former owner still says is of an old epoch from here on.
    private static Library Given(Library library, Guid owner) =>
        library with { Owner = owner, Epoch = library.Owner is null ? library.Epoch : library.Epoch + 1 };

    private void LogTakenOver(IReadOnlyList<(Library Former, Library Given)> given, IReadOnlyList<Library> libraries)
    {
        var present = libraries.ToDictionary(library => library.Id);
        foreach (var (former, library) in given)
        {
            if (former.Owner is { } before && library.Owner is { } owner && present.GetValueOrDefault(library.Id) is { } now
                && (now.Owner, now.Epoch) == (library.Owner, library.Epoch))
                LogTakenOver(library.Id, library.Host, owner, before, library.Epoch);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Library}: another watcher of {Host} takes over (state {Owner}, before {Former}); its epoch is {Epoch} now")]
    private partial void LogTakenOver(string library, string host, Guid owner, Guid former, long epoch);
}
