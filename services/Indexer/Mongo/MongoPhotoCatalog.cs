using System.Runtime.CompilerServices;
using MongoDB.Bson;
using MongoDB.Driver;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Catalog.Algebra;

namespace WatchPhoto.Indexer.Mongo;

internal sealed class MongoPhotoCatalog(MongoDatabase database, CatalogOptions options, TimeProvider clock) : IPhotoCatalog
{
    private const int PageSize = 1000;
    // More in one question take a planner longer than the questions would.
    private const int LibrariesAtOnce = 25;

    private readonly MongoRegisterSteps _steps = new(database);

    public Task ApplyAsync(FileEvents events, CancellationToken cancellationToken) =>
        RegisterAlgebra.ApplyAsync(_steps, FoldedEvents.Of(events), options.CreateFrom(clock.GetUtcNow()), cancellationToken);

    // In pages that each start where the last one ended: no cursor, which dies with its server or of a slow reader.
    public async IAsyncEnumerable<Photo> ReadAsync(
        string libraryId, string? prefix, string? after, int? limit, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var range = PathRange.Of(prefix, after);
        var filter = MongoKey.In(libraryId, range, "path");
        for (int left = limit ?? int.MaxValue; left > 0;)
        {
            int size = Math.Min(left, PageSize);
            var page = await PageAsync(filter, "_id", size, cancellationToken);
            string? group = null;
            foreach (var document in page)
            {
                group = MongoKey.GroupOf(document["_id"].AsString);
                if (group is not null)
                    break;
                left--;
                yield return MongoRegister.Photo(document);
            }

            if (group is null)
            {
                if (page.Count < size)
                    yield break;
                filter = MongoKey.In(libraryId, range with { From = page[^1]["path"].AsString, IsAfter = true }, "path");
                continue;
            }

            await foreach (var photo in ReadGroupAsync(group, MongoKey.Paths(libraryId, range, "path"), left, cancellationToken))
            {
                left--;
                yield return photo;
            }

            filter = MongoKey.BehindGroup(libraryId, group, range).AddRange(MongoKey.Paths(libraryId, range, "path"));
        }
    }

    public async Task<IReadOnlyList<Photo>> FindAsync(Guid photoId, CancellationToken cancellationToken)
    {
        var documents = await database.Registers.Find(new BsonDocument("photoId", MongoRegister.Id(photoId))).ToListAsync(cancellationToken);
        return [.. documents.Select(MongoRegister.Photo)
            .OrderBy(photo => photo.LibraryId, StringComparer.Ordinal)
            .ThenBy(photo => photo.Path, Comparer<string>.Create(PathOrder.Compare))];
    }

    public Task<Proof> ProveAsync(string libraryId, CancellationToken cancellationToken) =>
        ProveAboveAsync(libraryId, floor: long.MinValue, cancellationToken);

    public async Task<Proof> ProveAboveAsync(string libraryId, long floor, CancellationToken cancellationToken)
    {
        // Answered by the index alone. Only the living have a digest.
        var sum = await database.Registers.Aggregate()
            .Match(new BsonDocument
            {
                { "library", libraryId },
                { "version", new BsonDocument("$gt", floor) },
                { "digest", new BsonDocument("$gte", 0L) },
            })
            .Group(new BsonDocument
            {
                { "_id", BsonNull.Value },
                { "count", new BsonDocument("$sum", 1L) },
                { "digest", new BsonDocument("$sum", "$digest") },
            })
            .FirstOrDefaultAsync(cancellationToken);
        long highest = (await HighestVersionsAsync([libraryId], cancellationToken)).GetValueOrDefault(libraryId);
        return sum is null ? new Proof(highest, 0, 0) : new Proof(highest, sum["count"].ToInt64(), sum["digest"].ToInt64());
    }

    public Task BuryUpToAsync(string libraryId, long floor, CancellationToken cancellationToken) =>
        RegisterAlgebra.RemoveAsync(_steps, libraryId, [new Removal("", floor + 1)], cancellationToken);

    public async Task<long> LowerAsync(string libraryId, long version, CancellationToken cancellationToken)
    {
        var higher = new BsonDocument { { "library", libraryId }, { "version", new BsonDocument("$gt", version) } };
        var living = new BsonDocument(higher.Elements.Append(MongoRegister.Living));
        var dead = new BsonDocument(higher) { { "deletedAt", new BsonDocument("$exists", true) } };
        var registers = await database.Registers.UpdateManyAsync(
            living, new BsonDocument("$set", new BsonDocument("version", version)), cancellationToken: cancellationToken);
        var tombstones = await database.Registers.UpdateManyAsync(
            dead, new BsonDocument("$set", new BsonDocument { { "version", version }, { "deletedAt", MongoRegister.TimeOf(version) } }),
            cancellationToken: cancellationToken);
        var ranges = await database.Ranges.UpdateManyAsync(
            higher, new BsonDocument("$set", new BsonDocument { { "version", version }, { "removedAt", MongoRegister.TimeOf(version) } }),
            cancellationToken: cancellationToken);
        return registers.ModifiedCount + tombstones.ModifiedCount + ranges.ModifiedCount;
    }

    public async Task<long> ForgetAsync(IReadOnlyCollection<string> libraryIds, CancellationToken cancellationToken)
    {
        var everything = new BsonDocument("library", new BsonDocument("$in", new BsonArray(libraryIds)));
        var registers = await database.Registers.DeleteManyAsync(everything, cancellationToken);
        var ranges = await database.Ranges.DeleteManyAsync(everything, cancellationToken);
        return registers.DeletedCount + ranges.DeletedCount;
    }

    // The TTL indexes do the same by themselves, where the server has them do it.
    public async Task<long> ExpireAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var past = new BsonDocument("$lt", MongoRegister.TimeOf(options.ForgetBelow(now)));
        var registers = await database.Registers.DeleteManyAsync(new BsonDocument("deletedAt", past), cancellationToken);
        var ranges = await database.Ranges.DeleteManyAsync(new BsonDocument("removedAt", past), cancellationToken);
        return registers.DeletedCount + ranges.DeletedCount;
    }

    public async Task<IReadOnlyDictionary<string, long>> HighestVersionsAsync(
        IReadOnlyCollection<string> libraryIds, CancellationToken cancellationToken)
    {
        var highest = new Dictionary<string, long>();
        foreach (string[] some in libraryIds.Chunk(LibrariesAtOnce))
        {
            foreach (var collection in new[] { database.Registers, database.Ranges })
            {
                PipelineDefinition<BsonDocument, BsonDocument> ends = EndsOf(some, collection.CollectionNamespace.CollectionName).ToArray();
                var documents = await (await collection.AggregateAsync(ends, cancellationToken: cancellationToken)).ToListAsync(cancellationToken);
                foreach (var document in documents)
                {
                    string library = document["library"].AsString;
                    highest[library] = Math.Max(highest.GetValueOrDefault(library), document["version"].AsInt64);
                }
            }
        }

        return highest;
    }

    // Each a look at the end of the library's part of the index. A join ($lookup) reads the whole part where the server is not
    // MongoDB's own.
    private static IEnumerable<BsonDocument> EndsOf(string[] libraryIds, string collection)
    {
        foreach (var stage in EndOf(libraryIds[0]))
            yield return stage;
        foreach (string libraryId in libraryIds.Skip(1))
            yield return new("$unionWith", new BsonDocument { { "coll", collection }, { "pipeline", new BsonArray(EndOf(libraryId)) } });

        static BsonDocument[] EndOf(string libraryId) =>
        [
            new("$match", new BsonDocument("library", libraryId)),
            new("$sort", new BsonDocument { { "library", -1 }, { "version", -1 } }),
            new("$limit", 1),
            new("$project", new BsonDocument { { "_id", 0 }, { "library", 1 }, { "version", 1 } }),
        ];
    }

    // Of a group the keys do not tell the order, so the server sorts what it holds, each time only as much as is asked for.
    private async IAsyncEnumerable<Photo> ReadGroupAsync(
        string group, BsonDocument paths, int limit, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var filter = MongoKey.InGroup(group).AddRange(paths);
        while (limit > 0)
        {
            int size = Math.Min(limit, PageSize);
            var page = await PageAsync(filter, "path", size, cancellationToken);
            foreach (var document in page)
                yield return MongoRegister.Photo(document);
            if (page.Count < size)
                yield break;
            limit -= size;
            var behind = new BsonDocument("$gt", page[^1]["path"]);
            if (paths.TryGetValue("path", out var others) && others.AsBsonDocument.TryGetValue("$lt", out var end))
                behind.Add("$lt", end);
            filter = MongoKey.InGroup(group).Add("path", behind);
        }
    }

    private Task<List<BsonDocument>> PageAsync(BsonDocument filter, string order, int size, CancellationToken cancellationToken) =>
        database.Registers.Find(new BsonDocument(filter.Elements.Append(MongoRegister.Living)))
            .Sort(new BsonDocument(order, 1))
            .Limit(size)
            .ToListAsync(cancellationToken);
}
