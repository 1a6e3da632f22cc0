using MassTransit;
using Microsoft.Extensions.Options;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Database;
using WatchPhoto.Indexer.Registry;

namespace WatchPhoto.Indexer.Consuming;

/// <summary>Keeps what watchers say of themselves. One that its host's name comes to is told at once what it owns.</summary>
internal sealed class WatcherReportConsumer(
    IWatcherReports reports, DatabaseConnection database, RegistryChanges changes, IOptions<IndexerOptions> options)
    : IConsumer<WatcherReport>
{
    public async Task Consume(ConsumeContext<WatcherReport> context)
    {
        bool isNew = await database.AskAsync(
            cancellationToken => reports.SaveAsync(context.Message, options.Value.OwnerSilence, cancellationToken), context.CancellationToken);
        if (isNew)
            changes.Raise();
    }
}
