using MongoDB.Bson;
using MongoDB.Driver;
using WatchPhoto.Indexer.Catalog;
using static WatchPhoto.Indexer.Tests.Catalog.Events;
using WatchPhoto.Testing;

namespace WatchPhoto.Indexer.Tests.Catalog;

public class MongoCatalogTests(MongoStore store) : CatalogConformance<MongoStore>(store);

[Collection(MeasuredAlone.Name)]
public class MongoMemoryTests(MongoStore store) : CatalogMemory<MongoStore>(store);

public class MongoRegistryTests(MongoStore store) : RegistryConformance<MongoStore>(store);

public class MongoDatabaseTests(MongoStore store) : IClassFixture<MongoStore>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Other_readers_find_the_living_photos_and_no_tombstones_in_the_view()
    {
        await using var catalog = await store.OpenNewAsync();
        await catalog.Photos.ApplyAsync(Message("photos", Created("a.jpg", 1), Created("b.jpg", 1), Deleted("b.jpg", 2)), Cancellation);

        var photos = MongoStore.Database(catalog).Registers.Database.GetCollection<BsonDocument>("photos");
        var photo = Assert.Single(await photos.Find(new BsonDocument()).ToListAsync(Cancellation));
        Assert.Equal("a.jpg", photo["path"]);
        Assert.Equal(PhotoId(1), photo["photoId"].AsBsonBinaryData.ToGuid());
    }

    [Fact]
    public async Task Another_age_of_tombstones_is_taken_over_by_the_indexes()
    {
        await using var catalog = await store.OpenNewAsync();
        Assert.Equal([31.0, 32.0], await DaysAsync());

        var others = Enumerable.Range(0, 3).Select(
            _ => store.Open(catalog.Place, new CatalogOptions { TombstoneAge = TimeSpan.FromDays(7) })).ToList();
        await Task.WhenAll(others.Select(other => Task.Run(() => other.Setup.PrepareAsync(Cancellation))));
        Assert.Equal([8.0, 9.0], await DaysAsync());
        foreach (var other in others)
            await other.DisposeAsync();

        async Task<List<double>> DaysAsync()
        {
            List<BsonDocument> indexes = [];
            foreach (var collection in new[] { MongoStore.Database(catalog).Registers, MongoStore.Database(catalog).Ranges })
                indexes.AddRange(await (await collection.Indexes.ListAsync(Cancellation)).ToListAsync(Cancellation));
            return [.. indexes.Where(index => index.Contains("expireAfterSeconds"))
                .Select(index => TimeSpan.FromSeconds(index["expireAfterSeconds"].ToDouble()).TotalDays)];
        }
    }

    [Fact]
    public async Task A_catalog_made_by_a_newer_version_is_refused()
    {
        await using var catalog = await store.OpenNewAsync();
        await MongoStore.Database(catalog).Catalog.UpdateOneAsync(
            new BsonDocument(), new BsonDocument("$set", new BsonDocument("schema", 99)), cancellationToken: Cancellation);
        await Assert.ThrowsAsync<NotSupportedException>(() => catalog.Setup.PrepareAsync(Cancellation));
    }
}
