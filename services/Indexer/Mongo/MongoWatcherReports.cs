using System.Text.Json;
using MongoDB.Bson;
using MongoDB.Bson.IO;
using MongoDB.Driver;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Registry;

namespace WatchPhoto.Indexer.Mongo;

internal sealed class MongoWatcherReports(MongoDatabase database) : IWatcherReports
{
    private static readonly JsonWriterSettings PlainJson = new() { OutputMode = JsonOutputMode.RelaxedExtendedJson };

    public async Task SaveAsync(WatcherReport report, CancellationToken cancellationToken)
    {
        var state = MongoRegister.Id(report.StateId);
        var document = new BsonDocument
        {
            { "stateId", state },
            { "sentAt", report.SentAt.UtcTicks },
            { "report", BsonDocument.Parse(JsonSerializer.Serialize(report, CatalogJson.Default.WatcherReport)) },
        };
        var earlier = new BsonDocument
        {
            { "_id", report.Host },
            {
                "$or", new BsonArray
                {
                    new BsonDocument("stateId", new BsonDocument("$ne", state)),
                    new BsonDocument("sentAt", new BsonDocument("$lte", report.SentAt.UtcTicks)),
                }
            },
        };
        try
        {
            await database.Watchers.ReplaceOneAsync(earlier, document, new ReplaceOptions { IsUpsert = true }, cancellationToken);
        }
        catch (MongoWriteException e) when (e.WriteError?.Category == ServerErrorCategory.DuplicateKey)
        {
            // A later report is there, or the host's first one came in the same moment: without upsert the condition tells which.
            await database.Watchers.ReplaceOneAsync(earlier, document, cancellationToken: cancellationToken);
        }
    }

    public async Task<IReadOnlyList<WatcherReport>> ReadAsync(CancellationToken cancellationToken)
    {
        var documents = await database.Watchers.Find(new BsonDocument()).Sort(new BsonDocument("_id", 1)).ToListAsync(cancellationToken);
        return [.. documents.Select(document =>
            JsonSerializer.Deserialize(document["report"].ToJson(PlainJson), CatalogJson.Default.WatcherReport)!)];
    }
}
