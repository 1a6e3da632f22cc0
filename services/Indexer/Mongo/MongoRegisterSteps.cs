using MongoDB.Bson;
using MongoDB.Driver;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Catalog.Algebra;

namespace WatchPhoto.Indexer.Mongo;

/// <summary>The steps as bulks of conditional writes to single documents: one or two round trips each, however many.</summary>
internal sealed class MongoRegisterSteps(MongoDatabase database) : IRegisterSteps
{
    private static readonly BulkWriteOptions Unordered = new() { IsOrdered = false };

    private static readonly BsonDocument NotLive = new(MongoRegister.LiveFields.Select(field => new BsonElement(field, "")));

    public Task RaiseRangesAsync(string libraryId, IReadOnlyList<Removal> removals, CancellationToken cancellationToken) =>
        WriteAsync(database.Ranges, removals.Count, (i, upsert) => new UpdateOneModel<BsonDocument>(
            new BsonDocument("_id", MongoKey.Of(libraryId, removals[i].Directory)),
            new BsonDocument
            {
                { "$setOnInsert", new BsonDocument { { "library", libraryId }, { "directory", removals[i].Directory } } },
                { "$max", Gone("removedAt", removals[i].Version) },
            }) { IsUpsert = upsert }, create: true, cancellationToken);

    // By _id, which never changes: scanned by version, a register could be raised from in front of the scan to behind it.
    public Task SweepAsync(string libraryId, IReadOnlyList<Removal> removals, CancellationToken cancellationToken) =>
        WriteAsync(database.Registers, removals.Count, (i, _) => new UpdateManyModel<BsonDocument>(
            MongoKey.In(libraryId, PathRange.Below(removals[i].Directory), "path")
                .Add("version", new BsonDocument("$lt", removals[i].Version))
                .Add(MongoRegister.Living),
            new BsonDocument { { "$set", Gone("deletedAt", removals[i].Version) }, { "$unset", NotLive } })
            {
                Hint = new BsonDocument("_id", 1),
            }, create: false, cancellationToken);

    // A plain insert costs the server a fraction of an upsert with a condition, and a scan is nothing but new photos.
    public Task WriteAsync(string libraryId, IReadOnlyList<Register> registers, bool create, CancellationToken cancellationToken) =>
        WriteAsync(database.Registers, registers.Count, (i, mayCreate) =>
        {
            var register = registers[i];
            var id = new BsonElement("_id", MongoKey.Of(libraryId, register.Path));
            var document = MongoRegister.Document(libraryId, register);
            if (!mayCreate || !register.IsFresh)
                return new ReplaceOneModel<BsonDocument>(SupersededBy(register).Add(id), document) { IsUpsert = mayCreate };
            document.InsertAt(0, id);
            return new InsertOneModel<BsonDocument>(document);
        }, create, cancellationToken);

    public async Task<IReadOnlyDictionary<string, long>> ReadRangesAsync(
        string libraryId, IReadOnlyCollection<string> directories, CancellationToken cancellationToken)
    {
        var ranges = await database.Ranges
            .Find(Builders<BsonDocument>.Filter.In("_id", directories.Select(directory => MongoKey.Of(libraryId, directory))))
            .Project(new BsonDocument { { "_id", 0 }, { "directory", 1 }, { "version", 1 } })
            .ToListAsync(cancellationToken);
        return ranges.ToDictionary(range => range["directory"].AsString, range => range["version"].AsInt64);
    }

    private static BsonDocument Gone(string field, long version) =>
        new() { { "version", version }, { field, MongoRegister.TimeOf(version) } };

    // Register.Supersedes, as a filter. A tombstone has no digest, which is not greater or equal to any.
    private static BsonDocument SupersededBy(Register register)
    {
        var lower = new BsonDocument("version", new BsonDocument("$lt", register.Version));
        if (register.Live is not { } live)
            return lower;
        var equal = new BsonDocument
        {
            { "version", register.Version },
            { "digest", new BsonDocument("$not", new BsonDocument("$gte", (long)live.Digest)) },
        };
        return new BsonDocument("$or", new BsonArray { lower, equal });
    }

    // An upsert whose condition does not hold finds nothing and inserts: "duplicate key", as a plain insert says at once. That
    // says that something at least as high is there, or something lower, for an insert or when someone inserted it in the same
    // moment; without creating anything the condition tells which.
    private static async Task WriteAsync(
        IMongoCollection<BsonDocument> collection, int count, Func<int, bool, WriteModel<BsonDocument>> write, bool create,
        CancellationToken cancellationToken)
    {
        try
        {
            await collection.BulkWriteAsync(Enumerable.Range(0, count).Select(i => write(i, create)), Unordered, cancellationToken);
        }
        catch (MongoBulkWriteException<BsonDocument> e) when (create && e.WriteConcernError is null
            && e.WriteErrors.All(error => error.Category == ServerErrorCategory.DuplicateKey))
        {
            var again = e.WriteErrors.Select(error => write(error.Index, false));
            await collection.BulkWriteAsync(again, Unordered, cancellationToken);
        }
    }
}
