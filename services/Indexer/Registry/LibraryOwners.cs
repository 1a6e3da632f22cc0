using WatchPhoto.Contracts;

namespace WatchPhoto.Indexer.Registry;

/// <summary>
/// Gives each library to the watcher that has its host's name. Any number of indexers may do so at once: of two that
/// decide on the same library, one finds that it has changed hands.
/// </summary>
internal sealed partial class LibraryOwners(ILibraryRegistry registry, IWatcherReports reports, ILogger<LibraryOwners> logger)
{
    /// <summary>All libraries, each with its owner where its host has a watcher.</summary>
    public async Task<LibrariesAnnounced> ReadAsync(CancellationToken cancellationToken)
    {
        // The leases after the libraries: what was given away between the two is not taken back on an older lease.
        var announced = await registry.ReadAsync(cancellationToken);
        var leases = await reports.ReadLeasesAsync(cancellationToken);
        var owners = leases.ToDictionary(lease => lease.Host, lease => lease.StateId);
        bool anyGiven = false;
        foreach (var library in announced.Libraries.Where(library => library.RemovedAt is null))
        {
            if (owners.TryGetValue(library.Host, out var owner) && owner != library.Owner)
                anyGiven |= await GiveAsync(library, owner, cancellationToken);
        }

        if (anyGiven)
            announced = await registry.ReadAsync(cancellationToken);
        return announced with { Hosts = leases };
    }

    private async Task<bool> GiveAsync(Library library, Guid owner, CancellationToken cancellationToken)
    {
        // What the former owner still says is of an old epoch from here on.
        long epoch = library.Owner is null ? library.Epoch : library.Epoch + 1;
        if (!await registry.ReplaceAsync(library, library with { Owner = owner, Epoch = epoch }, cancellationToken))
            return false;
        if (library.Owner is { } former)
            LogTakenOver(library.Id, library.Host, owner, former, epoch);
        return true;
    }

    [LoggerMessage(LogLevel.Warning, "{Library}: another watcher of {Host} takes over (state {Owner}, before {Former}); its epoch is {Epoch} now")]
    private partial void LogTakenOver(string library, string host, Guid owner, Guid former, long epoch);
}
