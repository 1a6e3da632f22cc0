using Microsoft.Extensions.Options;
using WatchPhoto.Bus;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Database;
using WatchPhoto.Indexer.Registry;

namespace WatchPhoto.Indexer.Announcing;

/// <summary>Tells the watchers all libraries, and who takes care of each, at every change and every few seconds.</summary>
internal sealed class LibrariesAnnouncer(
    LibraryOwners owners, IPhotoCatalog catalog, VersionsAhead versions, RegistryChanges changes, DatabaseConnection database,
    IConfirmedPublisher publisher, IOptions<IndexerOptions> options, TimeProvider time) : BackgroundService
{
    private readonly Guid _id = Guid.NewGuid();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var interval = options.Value.AnnouncementInterval;
        while (!stoppingToken.IsCancellationRequested)
        {
            var change = changes.Next;
            await AnnounceAsync(interval, stoppingToken);
            await Task.WhenAny(change, Task.Delay(interval, time, stoppingToken));
        }
    }

    private async Task<LibrariesAnnounced> AssignAsync(CancellationToken cancellationToken)
    {
        var announced = await owners.AssignAsync(cancellationToken);
        return announced with { Libraries = await catalog.WithHighestVersionsAsync(announced.Libraries, cancellationToken) };
    }

    // No watcher needs this announcement: the next one says the same or more. So it waits for nobody beyond its interval.
    private async Task AnnounceAsync(TimeSpan patience, CancellationToken stoppingToken)
    {
        try
        {
            var libraries = await database.AskAsync(AssignAsync, stoppingToken);
            if (await database.AskAsync(token => versions.BringBackAsync(libraries, token), stoppingToken))
                libraries = await database.AskAsync(AssignAsync, stoppingToken);
            await publisher.PublishAsync(libraries with { SentAt = time.GetUtcNow(), SentBy = _id }, patience, stoppingToken);
        }
        catch (OperationCanceledException)
        {
            // The service stops.
        }
        catch (Exception exception) when (DatabaseConnection.IsAway(exception) || BusConnection.IsAway(exception))
        {
            // Each has been said to be away where it was asked.
        }
    }
}
