using System.Text.Json;
using MongoDB.Bson;
using MongoDB.Bson.IO;
using MongoDB.Driver;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Proving;

namespace WatchPhoto.Indexer.Mongo;

internal sealed class MongoVerifications(MongoDatabase database) : IVerifications
{
    private static readonly JsonWriterSettings PlainJson = new() { OutputMode = JsonOutputMode.RelaxedExtendedJson };

    public async Task<Verification?> FindAsync(string libraryId, CancellationToken cancellationToken)
    {
        var document = await database.Verifications.Find(new BsonDocument("_id", libraryId)).FirstOrDefaultAsync(cancellationToken);
        return document is null
            ? null
            : JsonSerializer.Deserialize(document["verification"].ToJson(PlainJson), CatalogJson.Default.Verification);
    }

    public Task SaveAsync(Verification verification, CancellationToken cancellationToken) =>
        database.Verifications.UpdateOneAsync(
            new BsonDocument("_id", verification.LibraryId),
            new BsonDocument("$set", new BsonDocument(
                "verification", BsonDocument.Parse(JsonSerializer.Serialize(verification, CatalogJson.Default.Verification)))),
            new UpdateOptions { IsUpsert = true }, cancellationToken);
}
