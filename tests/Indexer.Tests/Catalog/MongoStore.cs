using Microsoft.Extensions.DependencyInjection;
using MongoDB.Bson;
using MongoDB.Driver;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Catalog.Algebra;
using WatchPhoto.Indexer.Mongo;
using WatchPhoto.Indexer.Tests.Catalog.Convergence;
using WatchPhoto.Testing;

namespace WatchPhoto.Indexer.Tests.Catalog;

public sealed class MongoStore(TestServers servers) : Store
{
    private RunningServers? _running;

    public override async ValueTask InitializeAsync()
    {
        _running = await servers.StartAsync();
        await base.InitializeAsync();
    }

    internal override string NewPlace() =>
        new MongoUrlBuilder(_running!.MongoDb.ConnectionString) { DatabaseName = _running.CreateDatabaseName() }.ToString();

    private protected override void Add(IServiceCollection services, string place, CatalogOptions? options) =>
        services.AddMongoCatalog(place, options);

    internal override Task ApplyAsync(OpenCatalog catalog, FileEvents message, Func<bool> dies) =>
        RegisterAlgebra.ApplyAsync(
            new MortalSteps(new MongoRegisterSteps(Database(catalog)), dies), FoldedEvents.Of(message), 0, CancellationToken.None);

    internal override async Task<Contents> ContentsAsync(OpenCatalog catalog, string library)
    {
        var contents = new Contents();
        foreach (var document in await Database(catalog).Registers.Find(new BsonDocument("library", library)).ToListAsync())
        {
            string path = document["path"].AsString;
            long version = document["version"].AsInt64;
            bool isGone = document.Contains("deletedAt");
            Assert.Equal(isGone, !MongoRegister.LiveFields.Any(document.Contains));
            if (isGone)
                Assert.Equal(version / 1000, new DateTimeOffset(document["deletedAt"].ToUniversalTime()).ToUnixTimeMilliseconds());
            var photo = isGone ? null : MongoRegister.Photo(document);
            contents.Registers.Add(path, new Register(path, version,
                photo is null ? null : new LivePhoto(photo.PhotoId, photo.File, photo.Description, (uint)document["digest"].AsInt64)));
        }

        foreach (var document in await Database(catalog).Ranges.Find(new BsonDocument("library", library)).ToListAsync())
            contents.Ranges.Add(document["directory"].AsString, document["version"].AsInt64);
        return contents;
    }

    internal override async Task LetPassAsync(OpenCatalog catalog, TimeSpan time)
    {
        foreach (string field in (string[])["rivalSince", "heardAt"])
        {
            PipelineDefinition<BsonDocument, BsonDocument> earlier = new BsonDocument[]
            {
                new(
                    "$set",
                    new BsonDocument(field, new BsonDocument("$subtract", new BsonArray { "$" + field, (long)time.TotalMilliseconds }))),
            };
            await Database(catalog).Watchers.UpdateManyAsync(
                new BsonDocument(field, new BsonDocument("$exists", true)), Builders<BsonDocument>.Update.Pipeline(earlier));
        }
    }

    internal override Task WriteByHandAsync(OpenCatalog catalog, string id, string path, string name) =>
        Database(catalog).Libraries.InsertOneAsync(
        new BsonDocument { { "_id", id }, { "name", name }, { "host", "nas" }, { "path", path } });

    internal override Task WriteWronglyByHandAsync(OpenCatalog catalog, string id) => Database(catalog).Libraries.InsertOneAsync(
        new BsonDocument { { "_id", id }, { "name", 7 }, { "host", new BsonArray { "nas" } }, { "epoch", "one" } });

    internal static MongoDatabase Database(OpenCatalog catalog) => catalog.Services.GetRequiredService<MongoDatabase>();
}
