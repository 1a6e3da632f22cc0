using MassTransit;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Database;
using WatchPhoto.Indexer.Proving;
using WatchPhoto.Indexer.Registry;

namespace WatchPhoto.Indexer.Consuming;

/// <summary>Applies what watchers say to the catalog, refuses what cannot be meant, and drops what is no longer of interest.</summary>
internal sealed class FileEventsConsumer(
    IPhotoCatalog catalog, KnownLibraries libraries, DatabaseConnection database, ProofJudge proofs, IndexerMetrics metrics,
    TimeProvider time)
    : IConsumer<FileEvents>
{
    public async Task Consume(ConsumeContext<FileEvents> context)
    {
        var (events, cancellationToken) = (context.Message, context.CancellationToken);
        if (FileEventsRules.Problem(events, time.GetUtcNow()) is { } problem)
            throw new RefusedMessageException(problem);

        var library = await libraries.FindAsync(events.LibraryId, events.Epoch, cancellationToken);
        if (library is null || events.Epoch > library.Epoch)
        {
            // The registry may have been emptied or be an old one again: a proof alone is no loss, the next one says it, too.
            if (events.Events.Count == 0)
                return;
            throw new RefusedMessageException(library is null
                ? $"There is no library '{events.LibraryId}': register it, then move the message back."
                : $"The library '{library.Id}' has epoch {library.Epoch}; the message says {events.Epoch}.");
        }

        if (library.RemovedAt is not null)
            metrics.Dropped(events, DropReason.LibraryRemoved);
        else if (events.Epoch < library.Epoch)
            metrics.Dropped(events, DropReason.OldEpoch);
        else
        {
            if (events.Events.Count > 0)
                await database.AskAsync(token => catalog.ApplyAsync(events, token), cancellationToken);
            metrics.Applied(events);
            if (events.Proof is not null)
                await database.AskAsync(token => proofs.JudgeAsync(events, token), cancellationToken);
        }
    }
}
