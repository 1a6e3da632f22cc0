using System.Text.Json;
using MongoDB.Bson;
using MongoDB.Bson.IO;
using MongoDB.Driver;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Registry;

namespace WatchPhoto.Indexer.Mongo;

/// <summary>
/// A document a host: the state that has its name, and its last report; since when others have been waiting for a word of it
/// (<c>rivalSince</c>), and one of them that it has not answered to (<c>rival</c>); when it was last heard (<c>heardAt</c>). Each decision is a write with a condition.
/// </summary>
internal sealed class MongoWatcherReports(MongoDatabase database) : IWatcherReports
{
    private static readonly JsonWriterSettings PlainJson = new() { OutputMode = JsonOutputMode.RelaxedExtendedJson };

    public async Task<bool> SaveAsync(WatcherReport report, TimeSpan silence, CancellationToken cancellationToken)
    {
        var state = MongoRegister.Id(report.StateId);
        string json = JsonSerializer.Serialize(report, CatalogJson.Default.WatcherReport);
        if (json.Length > IWatcherReports.LongestWithoutLibraries && !await HasLibraryAsync(report.Host, cancellationToken))
            json = JsonSerializer.Serialize(report with { Libraries = [], Refused = [] }, CatalogJson.Default.WatcherReport);
        var kept = new BsonDocument
        {
            {
                "$set", new BsonDocument
                {
                    { "stateId", state },
                    { "sentAt", report.SentAt.UtcTicks },
                    { "report", BsonDocument.Parse(json) },
                }
            },
            { "$unset", new BsonDocument("rivalSince", 1) },
            { "$currentDate", new BsonDocument("heardAt", true) },
        };
        return await KeepAsync(report, state, kept, cancellationToken) ?? await ContestAsync(report, state, kept, silence, cancellationToken);
    }

    public async Task<IReadOnlyList<WatcherReport>> ReadAsync(CancellationToken cancellationToken)
    {
        var documents = await database.Watchers.Find(new BsonDocument()).Sort(new BsonDocument("_id", 1)).ToListAsync(cancellationToken);
        return [.. documents.Select(document =>
            JsonSerializer.Deserialize(document["report"].ToJson(PlainJson), CatalogJson.Default.WatcherReport)!)];
    }

    public async Task<IReadOnlyList<HostLease>> ReadLeasesAsync(CancellationToken cancellationToken)
    {
        var documents = await database.Watchers.Find(new BsonDocument()).Sort(new BsonDocument("_id", 1))
            .Project(new BsonDocument { { "stateId", 1 }, { "rival", 1 }, { "report.rival", 1 } }).ToListAsync(cancellationToken);
        return [.. documents.Select(document => new HostLease(
            document["_id"].AsString, document["stateId"].AsBsonBinaryData.ToGuid(),
            document.TryGetValue("rival", out var rival) ? rival.AsBsonBinaryData.ToGuid() : null,
            document["report"].AsBsonDocument.TryGetValue("rival", out var refused) ? Guid.Parse(refused.AsString) : null))];
    }

    public async Task<long> ForgetSilentAsync(TimeSpan silence, CancellationToken cancellationToken)
    {
        // Kept by a version that did not say when: their silence begins now.
        await database.Watchers.UpdateManyAsync(
            new BsonDocument("heardAt", new BsonDocument("$exists", false)), new BsonDocument("$currentDate", new BsonDocument("heardAt", true)),
            cancellationToken: cancellationToken);
        var since = new BsonDocument("$subtract", new BsonArray { "$$NOW", (long)silence.TotalMilliseconds });
        var silent = await WithoutLibrariesAsync(cancellationToken);
        silent.Add("$expr", new BsonDocument("$lte", new BsonArray { "$heardAt", since }));
        return (await database.Watchers.DeleteManyAsync(silent, cancellationToken)).DeletedCount;
    }

    public async Task<bool> ForgetAsync(string host, CancellationToken cancellationToken) =>
        !await HasLibraryAsync(host, cancellationToken)
        && (await database.Watchers.DeleteOneAsync(new BsonDocument("_id", host), cancellationToken)).DeletedCount > 0;

    private static BsonDocument Living => new("removedAt", BsonNull.Value);

    private Task<bool> HasLibraryAsync(string host, CancellationToken cancellationToken) =>
        database.Libraries.Find(Living.Add("host", host)).AnyAsync(cancellationToken);

    private async Task<BsonDocument> WithoutLibrariesAsync(CancellationToken cancellationToken)
    {
        var hosts = await (await database.Libraries.DistinctAsync<BsonValue>("host", Living, cancellationToken: cancellationToken)).ToListAsync(cancellationToken);
        return new BsonDocument("_id", new BsonDocument("$nin", new BsonArray(hosts)));
    }

    // Any number of indexers may ask at once, so that there may be a few more in the end.
    private async Task<bool> MayAddAsync(string host, CancellationToken cancellationToken) =>
        await HasLibraryAsync(host, cancellationToken)
        || await database.Watchers.CountDocumentsAsync(
            await WithoutLibrariesAsync(cancellationToken), new CountOptions { Limit = IWatcherReports.MostHostsWithoutLibraries },
            cancellationToken) < IWatcherReports.MostHostsWithoutLibraries;

    // Null: the name is another state's, or a later report is there.
    private async Task<bool?> KeepAsync(WatcherReport report, BsonValue state, BsonDocument kept, CancellationToken cancellationToken)
    {
        var earlier = new BsonDocument
        {
            { "_id", report.Host },
            { "stateId", state },
            {
                "$or", new BsonArray
                {
                    new BsonDocument("sentAt", new BsonDocument("$lte", report.SentAt.UtcTicks)),
                    // Its clock was set back since.
                    new BsonDocument("sentAt", new BsonDocument("$gt", (report.SentAt + IWatcherReports.LongestDelay).UtcTicks)),
                }
            },
        };
        if (await UpdateAsync())
        {
            if (report.Rival is { } rival)
            {
                var answered = new BsonDocument { { "_id", report.Host }, { "rival", MongoRegister.Id(rival) } };
                await database.Watchers.UpdateOneAsync(answered, new BsonDocument("$unset", new BsonDocument("rival", 1)), cancellationToken: cancellationToken);
            }

            return false;
        }

        if (await database.Watchers.Find(new BsonDocument("_id", report.Host)).AnyAsync(cancellationToken))
            return null;
        if (!await MayAddAsync(report.Host, cancellationToken))
            return false;
        try
        {
            return (await database.Watchers.UpdateOneAsync(earlier, kept, new UpdateOptions { IsUpsert = true }, cancellationToken)).UpsertedId is not null;
        }
        catch (MongoWriteException e) when (e.WriteError?.Category == ServerErrorCategory.DuplicateKey)
        {
            // The host's first one came in the same moment: the condition tells which is later.
            return await UpdateAsync() ? false : null;
        }

        async Task<bool> UpdateAsync() =>
            (await database.Watchers.UpdateOneAsync(earlier, kept, cancellationToken: cancellationToken)).MatchedCount > 0;
    }

    private async Task<bool> ContestAsync(
        WatcherReport report, BsonValue state, BsonDocument kept, TimeSpan silence, CancellationToken cancellationToken)
    {
        var others = new BsonDocument { { "_id", report.Host }, { "stateId", new BsonDocument("$ne", state) } };
        // By the server's clock: those of watchers and indexers may differ.
        PipelineDefinition<BsonDocument, BsonDocument> waiting = new BsonDocument[]
        {
            new("$set", new BsonDocument
            {
                { "rival", MongoRegister.Id(report.RunId) },
                { "rivalSince", new BsonDocument("$min", new BsonArray { "$rivalSince", "$$NOW" }) },
            }),
        };
        await database.Watchers.UpdateOneAsync(others, Builders<BsonDocument>.Update.Pipeline(waiting), cancellationToken: cancellationToken);

        var silent = new BsonDocument("$lte", new BsonArray
        {
            "$rivalSince",
            new BsonDocument("$subtract", new BsonArray { "$$NOW", (long)silence.TotalMilliseconds }),
        });
        // No rivalSince is less than any time: the name's watcher has just been heard.
        var due = new BsonDocument(others) { { "rivalSince", new BsonDocument("$exists", true) }, { "$expr", silent } };
        kept["$unset"]["rival"] = 1;
        var taken = await database.Watchers.UpdateOneAsync(due, kept, cancellationToken: cancellationToken);
        return taken.MatchedCount > 0;
    }
}
