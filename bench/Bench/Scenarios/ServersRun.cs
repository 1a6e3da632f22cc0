using System.Diagnostics;
using MongoDB.Bson;
using MongoDB.Driver;
using WatchPhoto.Bench.Measuring;

namespace WatchPhoto.Bench.Scenarios;

/// <summary>
/// WatchPhoto as an operator runs it, a watcher and an indexer on RabbitMQ and MongoDB, with the catalog seen from outside.
/// </summary>
internal sealed class ServersRun : IAsyncDisposable
{
    public const string Library = "bench";
    private const string Host = "bench";
    private const int Samples = 20;
    // Microseconds, as versions are.
    private const long Disorder = 2_000_000;

    private readonly MongoClient _client;
    private readonly IndexerProcess _indexer;
    private readonly Command _watcher;

    private ServersRun(MongoUrl database, IndexerProcess indexer, Command watcher)
    {
        (Database, _indexer, _watcher) = (database, indexer, watcher);
        _client = new MongoClient(database);
        Registers = _client.GetDatabase(database.DatabaseName).GetCollection<BsonDocument>("registers");
    }

    public MongoUrl Database { get; }

    public IMongoCollection<BsonDocument> Registers { get; }

    public TimeSpan Cpu => _indexer.Process.Cpu + _watcher.Cpu;

    /// <returns>Both, acquainted, and no library.</returns>
    public static async Task<ServersRun> StartAsync(Workshop workshop)
    {
        var servers = await workshop.ServersAsync();
        string rabbitMq = (await servers.CreateVirtualHostAsync()).ConnectionString;
        var database = new MongoUrlBuilder(servers.MongoDb.ConnectionString) { DatabaseName = servers.CreateDatabaseName() }.ToMongoUrl();
        var indexer = await IndexerProcess.StartAsync(workshop, rabbitMq, database.ToString());
        var watcher = WatcherOnBroker.Start(workshop, rabbitMq, Host);
        await indexer.KnowsAsync(Host);
        return new ServersRun(database, indexer, watcher);
    }

    public Task RegisterAsync(string path) => _indexer.RegisterAsync(Library, Host, path);

    /// <summary>Waits until the catalog holds all of a tree.</summary>
    /// <returns>When that was seen.</returns>
    public async Task<long> CompleteAsync(Tree tree)
    {
        // Counting all is dear: first some that are spread over the tree must be there.
        var samples = new BsonArray(Enumerable.Range(0, Samples)
            .Select(i => (int)((tree.Files - 1L) * i / (Samples - 1))).Distinct()
            .Select(file => $"{Library}/{tree.File(file)[(tree.Root.Length + 1)..]}"));
        while (await Registers.CountDocumentsAsync(new BsonDocument("_id", new BsonDocument("$in", samples))) < samples.Count)
            await WaitAsync(100);
        while (await Registers.CountDocumentsAsync(new BsonDocument()) < tree.Files)
            await WaitAsync(20);
        return Stopwatch.GetTimestamp();
    }

    private Task WaitAsync(int milliseconds)
    {
        _watcher.MustRun();
        _indexer.Process.MustRun();
        return Task.Delay(milliseconds);
    }

    /// <summary>The files that appear in the catalog, by name, and when each was seen first; asked for again and again.</summary>
    public IEnumerable<(string Name, long At)> Appear()
    {
        long version = 0;
        var seen = new HashSet<string>();
        while (true)
        {
            // The indexer applies several messages at a time, and so not always in their order.
            var found = Registers.Find(new BsonDocument { { "library", Library }, { "version", new BsonDocument("$gt", version - Disorder) } })
                .Project(new BsonDocument { { "_id", 0 }, { "path", 1 }, { "version", 1 } }).ToList();
            long at = Stopwatch.GetTimestamp();
            foreach (var document in found)
            {
                version = Math.Max(version, document["version"].AsInt64);
                if (seen.Add(document["path"].AsString))
                    yield return (Path.GetFileName(document["path"].AsString), at);
            }

            yield return ("", at);
            Thread.Sleep(2);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _watcher.EndAsync();
        _watcher.Dispose();
        await _indexer.DisposeAsync();
        await _client.DropDatabaseAsync(Database.DatabaseName);
        _client.Dispose();
    }
}
