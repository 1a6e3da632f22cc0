using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using MongoDB.Bson;
using MongoDB.Driver;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Mongo;

namespace WatchPhoto.Bench.Roles;

/// <summary>
/// The least that a catalog of MongoDB costs: the documents of another one, in memory and in order, into an empty collection
/// with the same indexes, in bulks as large as the indexer's, by as many connections; as upserts under the condition that what
/// is there has a lower version, or as plain inserts, which tell nothing of what is there.
/// </summary>
internal static class BareBulkRole
{
    public const string Name = "bare-bulk";

    private const string Upserts = "upserts";
    private const string Inserts = "inserts";

    /// <param name="catalog">The connection string of the one that is there.</param>
    /// <param name="upsert">Whether with the condition.</param>
    public static string[] Command(string catalog, bool upsert) => Measuring.Workshop.Role(Name, catalog, upsert ? Upserts : Inserts);

    public static async Task PlayAsync(string[] arguments)
    {
        var url = new MongoUrl(arguments[0]);
        using var client = new MongoClient(url);
        var model = client.GetDatabase(url.DatabaseName).GetCollection<BsonDocument>("registers");
        var documents = await model.Find(new BsonDocument()).Sort(new BsonDocument("_id", 1)).ToListAsync();
        var empty = new MongoUrlBuilder(arguments[0]) { DatabaseName = $"{url.DatabaseName}-bare" }.ToMongoUrl();
        await using var services = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System).AddMongoCatalog(empty.ToString()).BuildServiceProvider();
        await services.GetRequiredService<ICatalogSetup>().PrepareAsync(CancellationToken.None);
        var bare = client.GetDatabase(empty.DatabaseName).WithWriteConcern(WriteConcern.WMajority).GetCollection<BsonDocument>("registers");

        long start = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(
            documents.Chunk(FileEvents.MaxEvents), new ParallelOptions { MaxDegreeOfParallelism = new IndexerOptions().ConcurrentMessages },
            async (chunk, token) => await bare.BulkWriteAsync(
                chunk.Select(document => arguments[1] == Upserts ? Upsert(document) : Insert(document)), new BulkWriteOptions { IsOrdered = false }, token));
        double elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        await client.DropDatabaseAsync(empty.DatabaseName);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"written {elapsed:R}"));
    }

    private static WriteModel<BsonDocument> Insert(BsonDocument document) => new InsertOneModel<BsonDocument>(document);

    private static WriteModel<BsonDocument> Upsert(BsonDocument document) => new ReplaceOneModel<BsonDocument>(
        new BsonDocument { { "_id", document["_id"] }, { "version", new BsonDocument("$lt", document["version"]) } }, document) { IsUpsert = true };
}
