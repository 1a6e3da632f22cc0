using WatchPhoto.Bus;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Database;
using WatchPhoto.Indexer.Registry;

namespace WatchPhoto.Indexer.Consuming;

/// <summary>Applies file events to the catalog, refuses what cannot be meant, and drops what is no longer of interest.</summary>
internal sealed class FileEventsApplier(
    IPhotoCatalog catalog, KnownLibraries libraries, DatabaseConnection database, IndexerMetrics metrics, TimeProvider time)
{
    /// <returns>Whether the message counts: false, it was dropped.</returns>
    /// <exception cref="RefusedMessageException">It never will.</exception>
    public async Task<bool> ApplyAsync(FileEvents events, CancellationToken cancellationToken)
    {
        var library = await libraries.FindAsync(events.LibraryId, events.Epoch, cancellationToken);
        if (library is null || events.Epoch > library.Epoch)
        {
            // The registry may have been emptied or be an old one again: a proof alone is no loss, the next one says it, too.
            if (events.Events.Count == 0)
                return false;
            throw new RefusedMessageException(library is null
                ? $"There is no library '{events.LibraryId}': register it, then move the message back."
                : $"The library '{library.Id}' has epoch {library.Epoch}; the message says {events.Epoch}.");
        }

        if (library.RemovedAt is not null || events.Epoch < library.Epoch)
        {
            metrics.Dropped(events, library.RemovedAt is not null ? DropReason.LibraryRemoved : DropReason.OldEpoch);
            return false;
        }

        // It may delete by its floor, so it is the owner's alone.
        if (events.Proof is not null && events.Host != library.Host)
            throw new RefusedMessageException($"The proof is of the host '{events.Host}', but the library '{library.Id}' is of '{library.Host}'.");

        if (FileEventsRules.ClockProblem(events, time.GetUtcNow(), held: 0) is not null
            && FileEventsRules.ClockProblem(events, time.GetUtcNow(), await HighestVersionAsync(library.Id, cancellationToken)) is { } ahead)
            throw new RefusedMessageException(ahead);
        if (events.Events.Count > 0)
            await database.AskAsync(token => catalog.ApplyAsync(events, token), cancellationToken);
        metrics.Applied(events);
        return true;
    }

    private async Task<long> HighestVersionAsync(string libraryId, CancellationToken cancellationToken) =>
        (await database.AskAsync(token => catalog.HighestVersionsAsync([libraryId], token), cancellationToken)).GetValueOrDefault(libraryId);
}
