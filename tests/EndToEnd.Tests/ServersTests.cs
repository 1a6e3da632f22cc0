using MongoDB.Bson;
using MongoDB.Driver;
using WatchPhoto.Testing;

[assembly: AssemblyFixture(typeof(TestServers))]

namespace WatchPhoto.EndToEnd.Tests;

/// <summary>The servers that the other tests stand on do what the product needs of RabbitMQ and MongoDB.</summary>
public sealed class ServersTests(TestServers servers)
{
    private static readonly FilterDefinition<BsonDocument> Everything = FilterDefinition<BsonDocument>.Empty;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Documents_come_back_as_they_were_written_in_several_batches()
    {
        var photos = await EmptyCollectionAsync();
        var documents = Enumerable.Range(0, 2_500)
            .Select(i => new BsonDocument { ["_id"] = i, ["path"] = $"a/{i:D5}.jpg", ["nested"] = new BsonDocument("$ROOT", i) })
            .ToList();

        await photos.InsertManyAsync(documents, cancellationToken: Cancellation);
        var found = await photos.Find(Everything, new() { BatchSize = 100 })
            .Sort(Builders<BsonDocument>.Sort.Ascending("_id"))
            .ToListAsync(Cancellation);

        Assert.Equal(documents, found);
    }

    [Fact]
    public async Task A_conditional_upsert_writes_the_newer_and_refuses_the_older()
    {
        var photos = await EmptyCollectionAsync();
        async Task<ReplaceOneResult> WriteAsync(int version) => await photos.ReplaceOneAsync(
            Builders<BsonDocument>.Filter.Eq("_id", "a") & Builders<BsonDocument>.Filter.Lt("version", version),
            new BsonDocument { ["_id"] = "a", ["version"] = version },
            new ReplaceOptions { IsUpsert = true },
            Cancellation);

        Assert.Equal("a", (await WriteAsync(2)).UpsertedId);
        Assert.Equal(1, (await WriteAsync(3)).ModifiedCount);
        var stale = await Assert.ThrowsAsync<MongoWriteException>(() => WriteAsync(1));

        Assert.Equal(ServerErrorCategory.DuplicateKey, stale.WriteError.Category);
        Assert.Equal(11000, stale.WriteError.Code);
        Assert.Equal(3, (await photos.Find(Everything).SingleAsync(Cancellation))["version"]);
    }

    [Fact]
    public async Task An_unordered_bulk_does_the_rest_when_one_write_is_refused()
    {
        var photos = await EmptyCollectionAsync();
        await photos.InsertOneAsync(new BsonDocument { ["_id"] = 5, ["version"] = 100 }, cancellationToken: Cancellation);
        var writes = Enumerable.Range(0, 10).Select(i => new ReplaceOneModel<BsonDocument>(
            Builders<BsonDocument>.Filter.Eq("_id", i) & Builders<BsonDocument>.Filter.Lt("version", 1),
            new BsonDocument { ["_id"] = i, ["version"] = 1 }) { IsUpsert = true });

        var refused = await Assert.ThrowsAsync<MongoBulkWriteException<BsonDocument>>(() =>
            photos.BulkWriteAsync(writes, new BulkWriteOptions { IsOrdered = false }, Cancellation));

        var error = Assert.Single(refused.WriteErrors);
        Assert.Equal((5, 11000), (error.Index, error.Code));
        Assert.Equal(9, refused.Result.Upserts.Count);
        Assert.Equal(10, await photos.CountDocumentsAsync(Everything, cancellationToken: Cancellation));
    }

    [Fact]
    public async Task A_conditional_pipeline_upsert_counts_what_it_modified()
    {
        var photos = await EmptyCollectionAsync();
        async Task<UpdateResult> WriteAsync(int version, string name) => await photos.UpdateOneAsync(
            Builders<BsonDocument>.Filter.Eq("_id", "a"),
            Builders<BsonDocument>.Update.Pipeline(PipelineDefinition<BsonDocument, BsonDocument>.Create(
                new BsonDocument("$set", new BsonDocument
                {
                    ["name"] = new BsonDocument("$cond", new BsonArray
                    {
                        new BsonDocument("$lt", new BsonArray { new BsonDocument("$ifNull", new BsonArray { "$version", 0 }), version }),
                        new BsonDocument("$literal", name),
                        "$name",
                    }),
                    ["version"] = new BsonDocument("$max", new BsonArray { "$version", version }),
                }))),
            new UpdateOptions { IsUpsert = true },
            Cancellation);

        Assert.Equal("a", (await WriteAsync(2, "$ROOT.jpg")).UpsertedId);
        Assert.Equal(0, (await WriteAsync(1, "older")).ModifiedCount);
        Assert.Equal(1, (await WriteAsync(3, "newer")).ModifiedCount);

        Assert.Equal(
            new BsonDocument { ["_id"] = "a", ["name"] = "newer", ["version"] = 3 },
            await photos.Find(Everything).SingleAsync(Cancellation));
    }

    [Fact]
    public async Task A_unique_index_refuses_the_second()
    {
        var photos = await EmptyCollectionAsync();
        await photos.Indexes.CreateOneAsync(
            new CreateIndexModel<BsonDocument>(
                Builders<BsonDocument>.IndexKeys.Ascending("library").Ascending("path"),
                new CreateIndexOptions { Unique = true }),
            cancellationToken: Cancellation);
        await photos.InsertOneAsync(new BsonDocument { ["library"] = 1, ["path"] = "a" }, cancellationToken: Cancellation);
        await photos.InsertOneAsync(new BsonDocument { ["library"] = 2, ["path"] = "a" }, cancellationToken: Cancellation);

        var refused = await Assert.ThrowsAsync<MongoWriteException>(() => photos.InsertOneAsync(
            new BsonDocument { ["library"] = 1, ["path"] = "a" }, cancellationToken: Cancellation));

        Assert.Equal(ServerErrorCategory.DuplicateKey, refused.WriteError.Category);
    }

    [Theory]
    [InlineData(255)]
    [InlineData(1_000)]
    [InlineData(4_000)]
    public async Task Paths_as_long_as_the_kernel_allows_can_be_indexed_and_are_in_order(int length)
    {
        var photos = await EmptyCollectionAsync();
        await photos.Indexes.CreateOneAsync(
            new CreateIndexModel<BsonDocument>(
                Builders<BsonDocument>.IndexKeys.Ascending("library").Ascending("path"),
                new CreateIndexOptions { Unique = true }),
            cancellationToken: Cancellation);
        var common = LongPath(length);
        foreach (var last in "abc")
        {
            await photos.InsertOneAsync(
                new BsonDocument { ["library"] = 1, ["path"] = common + last }, cancellationToken: Cancellation);
        }

        var second = await photos
            .Find(Builders<BsonDocument>.Filter.Eq("library", 1) & Builders<BsonDocument>.Filter.Eq("path", common + "b"))
            .SingleAsync(Cancellation);
        var after = await photos
            .Find(Builders<BsonDocument>.Filter.Eq("library", 1) & Builders<BsonDocument>.Filter.Gt("path", common + "a"))
            .Sort(Builders<BsonDocument>.Sort.Ascending("library").Ascending("path"))
            .ToListAsync(Cancellation);
        var refused = await Assert.ThrowsAsync<MongoWriteException>(() => photos.InsertOneAsync(
            new BsonDocument { ["library"] = 1, ["path"] = common + "b" }, cancellationToken: Cancellation));

        Assert.Equal(common + "b", second["path"]);
        Assert.Equal([common + "b", common + "c"], after.Select(photo => photo["path"].AsString));
        Assert.Equal(ServerErrorCategory.DuplicateKey, refused.WriteError.Category);
    }

    // DocumentDB keeps _id in a B-tree of PostgreSQL, whose keys end at 2,704 bytes; MongoDB has no such limit.
    [Theory]
    [InlineData(255)]
    [InlineData(2_600)]
    public async Task A_path_can_be_part_of_the_id(int length)
    {
        var photos = await EmptyCollectionAsync();
        var common = LongPath(length);
        foreach (var last in "ab")
        {
            await photos.InsertOneAsync(
                new BsonDocument("_id", new BsonDocument { ["library"] = 1, ["path"] = common + last }),
                cancellationToken: Cancellation);
        }

        var found = await photos
            .Find(Builders<BsonDocument>.Filter.Eq("_id", new BsonDocument { ["library"] = 1, ["path"] = common + "b" }))
            .SingleAsync(Cancellation);

        Assert.Equal(common + "b", found["_id"]["path"]);
    }

    [Fact]
    public async Task A_view_shows_the_living_only()
    {
        var photos = await EmptyCollectionAsync();
        await photos.InsertManyAsync(
            [new BsonDocument { ["_id"] = 1, ["live"] = true }, new BsonDocument { ["_id"] = 2, ["live"] = false }],
            cancellationToken: Cancellation);
        await photos.Database.CreateViewAsync(
            "living",
            photos.CollectionNamespace.CollectionName,
            PipelineDefinition<BsonDocument, BsonDocument>.Create("{ $match: { live: true } }"),
            cancellationToken: Cancellation);

        var living = await photos.Database.GetCollection<BsonDocument>("living").Find(Everything).ToListAsync(Cancellation);

        Assert.Equal(1, Assert.Single(living)["_id"]);
    }

    [Fact]
    public async Task Sums_are_made_in_the_database()
    {
        var photos = await EmptyCollectionAsync();
        await photos.InsertManyAsync(
            Enumerable.Range(0, 1_000).Select(i => new BsonDocument { ["_id"] = i, ["library"] = i % 2, ["digest"] = 4_000_000_000L }),
            cancellationToken: Cancellation);

        using var sums = await photos.AggregateAsync(
            PipelineDefinition<BsonDocument, BsonDocument>.Create(
                "{ $match: { library: 1 } }",
                "{ $group: { _id: null, digest: { $sum: '$digest' }, count: { $sum: 1 } } }"),
            cancellationToken: Cancellation);
        var sum = await sums.SingleAsync(Cancellation);

        Assert.Equal(500 * 4_000_000_000L, sum["digest"].ToInt64());
        Assert.Equal(500, sum["count"].ToInt64());
    }

    [Fact]
    public async Task Clients_that_write_the_same_registers_end_with_the_newest_of_each()
    {
        var photos = await EmptyCollectionAsync();
        const int clients = 16, keys = 40, rounds = 10;

        var atOnce = new ParallelOptions { MaxDegreeOfParallelism = clients, CancellationToken = Cancellation };
        await Parallel.ForAsync(0, clients, atOnce, async (client, _) =>
        {
            for (var round = 0; round < rounds; round++)
            {
                var version = (round * clients) + client;
                var writes = Enumerable.Range(0, keys).Select(key => new UpdateOneModel<BsonDocument>(
                    Builders<BsonDocument>.Filter.Eq("_id", key),
                    Builders<BsonDocument>.Update.Max("version", version)) { IsUpsert = true });
                await BulkAsync(photos, [.. writes]);
            }
        });

        var versions = await photos.Find(Everything).ToListAsync(Cancellation);
        Assert.Equal(keys, versions.Count);
        Assert.All(versions, photo => Assert.Equal((rounds * clients) - 1, photo["version"].ToInt32()));
    }

    [Fact]
    public async Task A_virtual_host_takes_messages_and_gives_them_back()
    {
        var running = await servers.StartAsync(Cancellation);
        var host = await running.CreateVirtualHostAsync(Cancellation);

        await Letters.DeclareQueueAsync(running, host);
        await Letters.PublishAsync(running, host, "hello");

        Assert.Equal("hello", await Letters.GetAsync(running, host));
    }

    [Fact]
    public async Task Moving_messages_between_queues_is_possible()
    {
        var running = await servers.StartAsync(Cancellation);
        using var plugins = await running.Management.GetAsync(new Uri("api/shovels", UriKind.Relative), Cancellation);

        Assert.True(plugins.IsSuccessStatusCode);
    }

    private async Task<IMongoCollection<BsonDocument>> EmptyCollectionAsync()
    {
        var running = await servers.StartAsync(Cancellation);
        return running.CreateMongoClient().GetDatabase(running.CreateDatabaseName()).GetCollection<BsonDocument>("photos");
    }

    // Two upserts of a key that is not there yet can both try to insert it: the loser is told so, and tries again.
    private static async Task BulkAsync(IMongoCollection<BsonDocument> photos, IReadOnlyList<WriteModel<BsonDocument>> writes)
    {
        while (writes.Count > 0)
        {
            try
            {
                await photos.BulkWriteAsync(writes, new BulkWriteOptions { IsOrdered = false }, Cancellation);
                return;
            }
            catch (MongoBulkWriteException<BsonDocument> lost) when (lost.WriteErrors.All(error => error.Code is 11000 or 112))
            {
                writes = [.. lost.WriteErrors.Select(error => writes[error.Index])];
            }
        }
    }

    // A path but for its last character, of letters that compression finds nothing in.
    private static string LongPath(int length)
    {
        var random = new Random(1);
        return string.Concat(Enumerable.Range(0, length - 1).Select(_ => (char)random.Next('!', '~' + 1)));
    }
}
