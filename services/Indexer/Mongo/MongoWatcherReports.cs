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
/// (<c>rivalSince</c>), and one of them that it has not answered to (<c>rival</c>). Each decision is a write with a condition.
/// </summary>
internal sealed class MongoWatcherReports(MongoDatabase database) : IWatcherReports
{
    private static readonly JsonWriterSettings PlainJson = new() { OutputMode = JsonOutputMode.RelaxedExtendedJson };

    public async Task<bool> SaveAsync(WatcherReport report, TimeSpan silence, CancellationToken cancellationToken)
    {
        var state = MongoRegister.Id(report.StateId);
        var kept = new BsonDocument
        {
            {
                "$set", new BsonDocument
                {
                    { "stateId", state },
                    { "sentAt", report.SentAt.UtcTicks },
                    { "report", BsonDocument.Parse(JsonSerializer.Serialize(report, CatalogJson.Default.WatcherReport)) },
                }
            },
            { "$unset", new BsonDocument("rivalSince", 1) },
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
        try
        {
            var saved = await database.Watchers.UpdateOneAsync(earlier, kept, new UpdateOptions { IsUpsert = true }, cancellationToken);
            if (report.Rival is { } rival)
            {
                var answered = new BsonDocument { { "_id", report.Host }, { "rival", MongoRegister.Id(rival) } };
                await database.Watchers.UpdateOneAsync(answered, new BsonDocument("$unset", new BsonDocument("rival", 1)), cancellationToken: cancellationToken);
            }

            return saved.UpsertedId is not null;
        }
        catch (MongoWriteException e) when (e.WriteError?.Category == ServerErrorCategory.DuplicateKey)
        {
            // It is not as the condition says; or the host's first one came in the same moment: without upsert the condition tells which.
            var saved = await database.Watchers.UpdateOneAsync(earlier, kept, cancellationToken: cancellationToken);
            return saved.MatchedCount > 0 ? false : null;
        }
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
