using Microsoft.Extensions.Options;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Database;

namespace WatchPhoto.Indexer.Registry;

/// <summary>
/// Forgets the photos of removed libraries, again and again, for a late message may bring some back; drops libraries
/// that were removed long ago; lets tombstones expire; and forgets hosts that own nothing and are silent. Any number of indexers may do so at once.
/// </summary>
internal sealed partial class Housekeeping(
    ILibraryRegistry registry, IPhotoCatalog catalog, IWatcherReports reports, RegistryChanges changes, DatabaseConnection database,
    IOptions<IndexerOptions> options, TimeProvider time, ILogger<Housekeeping> logger) : BackgroundService
{
    // A clock that leaps may be wrong. What is dropped by a wrong one is gone; for an hour it can be set right.
    private static readonly TimeSpan Doubt = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestStep = TimeSpan.FromHours(1);

    private static readonly TimeSpan HostSilence = TimeSpan.FromDays(1);

    private (DateTimeOffset Time, long Timestamp)? _last;
    private long? _leapt;

    private bool IsClockDoubtful => _leapt is { } leapt && time.GetElapsedTime(leapt) < Doubt;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var change = changes.Next;
            try
            {
                await database.AskAsync(TidyAsync, stoppingToken);
            }
            catch (Exception exception) when (DatabaseConnection.IsAway(exception))
            {
                // Said to be away already; the next round does it all.
            }

            await Task.WhenAny(change, Task.Delay(options.Value.HousekeepingInterval, time, stoppingToken));
        }
    }

    private async Task TidyAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        NoteTime(now);
        bool mayDrop = !IsClockDoubtful;
        var removed = (await registry.ReadAsync(cancellationToken)).Libraries.Where(library => library.RemovedAt is not null).ToList();
        if (removed.Count > 0 && await catalog.ForgetAsync([.. removed.Select(library => library.Id)], cancellationToken) is > 0 and var count)
            LogForgotten(count);
        foreach (var library in removed)
        {
            if (mayDrop && now - library.RemovedAt > options.Value.RemovedLibraryAge && await registry.DropAsync(library.Id, cancellationToken))
                LogDropped(library.Id, library.RemovedAt);
        }

        if (mayDrop)
            await catalog.ExpireAsync(now, cancellationToken);
        // Whoever lives reports again within seconds: there is nothing to lose to a clock.
        if (await reports.ForgetSilentAsync(HostSilence, cancellationToken) is > 0 and var hosts)
            LogForgottenHosts(hosts);
    }

    private void NoteTime(DateTimeOffset now)
    {
        long timestamp = time.GetTimestamp();
        if (_last is { } last && now - last.Time - time.GetElapsedTime(last.Timestamp, timestamp) > LongestStep)
            _leapt = timestamp;
        _last = (now, timestamp);
    }

    [LoggerMessage(LogLevel.Information, "Forgot {Count} records of removed libraries")]
    private partial void LogForgotten(long count);

    [LoggerMessage(LogLevel.Information, "Forgot {Count} hosts that own no library and whose watchers have been silent for a day")]
    private partial void LogForgottenHosts(long count);

    [LoggerMessage(LogLevel.Information, "The library {Library} was removed on {RemovedAt:u}: dropped its registration")]
    private partial void LogDropped(string library, DateTimeOffset? removedAt);
}
