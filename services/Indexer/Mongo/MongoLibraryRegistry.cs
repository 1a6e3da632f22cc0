using System.Security.Cryptography;
using MongoDB.Bson;
using MongoDB.Driver;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Registry;

namespace WatchPhoto.Indexer.Mongo;

internal sealed class MongoLibraryRegistry(MongoDatabase database, RegistryProblems problems) : ILibraryRegistry
{
    public async Task<LibrariesAnnounced> ReadAsync(CancellationToken cancellationToken)
    {
        var (catalogId, revision, documents) = await ReadDocumentsAsync(cancellationToken);
        return new LibrariesAnnounced { CatalogId = catalogId, Revision = revision, Libraries = [.. documents.Select(Read).OfType<Library>()] };
    }

    public async Task<bool> AddAsync(Library library, CancellationToken cancellationToken)
    {
        Check(library);
        try
        {
            await database.Libraries.InsertOneAsync(MongoLibrary.Document(library), cancellationToken: cancellationToken);
            return true;
        }
        catch (MongoWriteException e) when (e.WriteError?.Category == ServerErrorCategory.DuplicateKey)
        {
            return false;
        }
    }

    public async Task<bool> ReplaceAsync(Library present, Library library, CancellationToken cancellationToken)
    {
        Check(library);
        var replaced = await database.Libraries.ReplaceOneAsync(Unchanged(present), MongoLibrary.Document(library), cancellationToken: cancellationToken);
        return replaced.MatchedCount > 0;
    }

    public async Task<long> ReplaceAsync(IReadOnlyList<(Library Present, Library Library)> changes, CancellationToken cancellationToken)
    {
        foreach (var (_, library) in changes)
            Check(library);
        var replaced = await database.Libraries.BulkWriteAsync(
            changes.Select(change => new ReplaceOneModel<BsonDocument>(Unchanged(change.Present), MongoLibrary.Document(change.Library))),
            new BulkWriteOptions { IsOrdered = false }, cancellationToken);
        return replaced.MatchedCount;
    }

    private static BsonDocument Unchanged(Library present) => new()
    {
        { "_id", present.Id },
        // Null is an absent field, too: who writes a library by hand leaves both out.
        { "epoch", new BsonDocument("$in", present.Epoch == 1 ? [1, BsonNull.Value] : new BsonArray { present.Epoch }) },
        { "owner", present.Owner is { } owner ? MongoRegister.Id(owner) : BsonNull.Value },
    };

    public async Task<bool> DropAsync(string libraryId, CancellationToken cancellationToken)
    {
        var removed = new BsonDocument { { "_id", libraryId }, { "removedAt", new BsonDocument("$type", "date") } };
        var dropped = await database.Libraries.DeleteOneAsync(removed, cancellationToken);
        return dropped.DeletedCount > 0;
    }

    /// <summary>
    /// The revision grows when the documents are other ones than when it last grew, whoever changed them: people edit them by
    /// hand. The catalog's document is read first, so what is told with a revision is never older than it.
    /// </summary>
    private async Task<(Guid CatalogId, long Revision, List<BsonDocument> Libraries)> ReadDocumentsAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var catalog = await database.Catalog.Find(MongoDatabase.TheCatalog).FirstOrDefaultAsync(cancellationToken)
                ?? throw new InvalidOperationException("The catalog has not been prepared.");
            var libraries = await database.Libraries.Find(new BsonDocument()).Sort(new BsonDocument("_id", 1)).ToListAsync(cancellationToken);

            var catalogId = catalog["catalogId"].AsBsonBinaryData.ToGuid();
            long revision = catalog["revision"].ToInt64();
            string fingerprint = Fingerprint(libraries);
            if (catalog.GetValue("fingerprint", "") == fingerprint)
                return (catalogId, revision, libraries);

            var changed = await database.Catalog.UpdateOneAsync(
                MongoDatabase.TheCatalog.Add("revision", revision),
                new BsonDocument("$set", new BsonDocument { { "revision", revision + 1 }, { "fingerprint", fingerprint } }),
                cancellationToken: cancellationToken);
            if (changed.MatchedCount > 0)
                return (catalogId, revision + 1, libraries);
        }
    }

    private Library? Read(BsonDocument document)
    {
        string? problem;
        try
        {
            var library = MongoLibrary.Library(document);
            problem = library.Problem();
            if (problem is null)
                return library;
        }
        catch (FormatException e)
        {
            problem = e.Message;
        }

        problems.Say(document["_id"].ToString()!, problem);
        return null;
    }

    private static void Check(Library library)
    {
        if (library.Problem() is { } problem)
            throw new ArgumentException(problem, nameof(library));
    }

    private static string Fingerprint(List<BsonDocument> documents)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var document in documents)
            hash.AppendData(document.ToBson());
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
