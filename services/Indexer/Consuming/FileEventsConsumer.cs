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
    public Task Consume(ConsumeContext<FileEvents> context) =>
        database.AskAsync(cancellationToken => ApplyAsync(context.Message, cancellationToken), context.CancellationToken);

    private async Task ApplyAsync(FileEvents events, CancellationToken cancellationToken)
    {
        if (FileEventsRules.Problem(events, time.GetUtcNow()) is { } problem)
            throw new RefusedMessageException(problem);

        var library = await libraries.FindAsync(events.LibraryId, events.Epoch, cancellationToken)
            ?? throw new RefusedMessageException($"There is no library '{events.LibraryId}': register it, then move the message back.");
        if (events.Epoch > library.Epoch)
            throw new RefusedMessageException($"The library '{library.Id}' has epoch {library.Epoch}; the message says {events.Epoch}.");

        if (library.RemovedAt is not null)
            metrics.Dropped(events, DropReason.LibraryRemoved);
        else if (events.Epoch < library.Epoch)
            metrics.Dropped(events, DropReason.OldEpoch);
        else
        {
            if (events.Events.Count > 0)
                await catalog.ApplyAsync(events, cancellationToken);
            metrics.Applied(events);
            if (events.Proof is not null)
                await proofs.JudgeAsync(events, cancellationToken);
        }
    }
}
