using MassTransit;
using WatchPhoto.Bus;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Database;

namespace WatchPhoto.Indexer.Consuming;

/// <summary>Tells a watcher that has lost its state what the catalog holds of a library.</summary>
internal sealed class CatalogPartRequestedConsumer(
    IPhotoCatalog catalog, DatabaseConnection database, IConfirmedPublisher publisher) : IConsumer<CatalogPartRequested>
{
    public async Task Consume(ConsumeContext<CatalogPartRequested> context)
    {
        var part = await database.AskAsync(
            cancellationToken => ReadAsync(context.Message, cancellationToken), context.CancellationToken);
        await publisher.PublishAsync(part, context.CancellationToken);
    }

    private async Task<CatalogPart> ReadAsync(CatalogPartRequested request, CancellationToken cancellationToken)
    {
        // The version first, and once, for it is read from the whole library: what comes meanwhile has a higher one, and is told
        // again by the proof if it was missed.
        long highest = request.After is null ? (await catalog.ProveAsync(request.LibraryId, cancellationToken)).Version : 0;
        var entries = new List<CatalogEntry>(CatalogPart.MaxEntries);
        var photos = catalog.ReadAsync(request.LibraryId, prefix: null, request.After, CatalogPart.MaxEntries, cancellationToken);
        await foreach (var photo in photos)
            entries.Add(new CatalogEntry(photo.Path, photo.PhotoId, photo.Version, photo.File));
        return new CatalogPart
        {
            LibraryId = request.LibraryId,
            StateId = request.StateId,
            After = request.After,
            Entries = entries,
            IsLast = entries.Count < CatalogPart.MaxEntries,
            HighestVersion = entries.Aggregate(highest, (version, entry) => Math.Max(version, entry.Version)),
        };
    }
}
