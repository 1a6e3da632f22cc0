using System.Diagnostics;
using System.Net.Http.Json;
using MongoDB.Bson;
using MongoDB.Driver;
using WatchPhoto.Bus;
using WatchPhoto.Contracts;
using WatchPhoto.Scenarios.Tests.Running;
using WatchPhoto.Testing;

namespace WatchPhoto.Scenarios.Tests.Chaos;

/// <summary>Two hosts with a watcher and an indexer each, on a RabbitMQ and a MongoDB that nobody else uses; and what harms them.</summary>
internal sealed class Fleet : IAsyncDisposable
{
    private const string Tape = "tape";
    private const int LastMessages = 5000;
    private const int LastBytes = 50_000_000;
    private const int MessagesAtOnce = 150;

    private static readonly TimeSpan s_replayed = TimeSpan.FromMinutes(1);

    private static readonly RunAs s_runAs = new()
    {
        // A drift is answered later and later.
        Patience = TimeSpan.FromMinutes(15),
        Settings = new Dictionary<string, string>
        {
            ["Watcher__ReportInterval"] = "00:00:01",
            ["Watcher__ProofInterval"] = "00:00:02",
            ["Indexer__ProofPatience"] = "00:00:03",
            // No history has so many files.
            ["Watcher__MostDeletions"] = "1000",
        },
    };

    private readonly RunningServers _servers;
    private readonly MongoClient _mongo;
    private readonly IMongoDatabase _database;

    private Fleet(Place place)
    {
        _servers = place.Servers;
        Broker = new Broker(place.Servers, place.VirtualHost);
        _mongo = place.Servers.CreateMongoClient();
        _database = _mongo.GetDatabase(place.Database);
        Hosts = [new ServersInstallation(s_runAs, place, "first"), new ServersInstallation(s_runAs, place, "second")];
    }

    public IReadOnlyList<ServersInstallation> Hosts { get; }

    public Broker Broker { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<Fleet> StartAsync(RunningServers servers)
    {
        var fleet = new Fleet(await Place.CreateAsync(servers));
        foreach (var host in fleet.Hosts)
            await host.StartAsync();
        await fleet.Broker.CopyAsync(BusNames.FileEventsExchange, Tape, LastMessages, LastBytes);
        return fleet;
    }

    /// <summary>Waits until the indexers say that they are well.</summary>
    public Task AreReadyAsync() => Task.WhenAll(Hosts.Select(host => host.IsReadyAsync()));

    public Task HarmAsync(Schedule schedule, Random random) => Task.WhenAll(schedule.ByVictim.Select(faults => Task.Run(async () =>
    {
        foreach (var fault in faults.Value)
        {
            await Task.Delay(fault.After, Cancellation);
            await HarmAsync(faults.Key, fault, random);
        }
    })));

    /// <summary>The memory of that of the watchers and indexers that has most.</summary>
    public long MegabytesOfLargest() => Hosts.SelectMany(host => new[] { host.Watcher, host.Indexer }).Max(process =>
    {
        using var running = Process.GetProcessById(process.Id);
        return running.WorkingSet64 / 1_000_000;
    });

    /// <summary>Keeps what is to be looked at after a difference.</summary>
    /// <returns>Where.</returns>
    public async Task<string> SaveAsync(string below)
    {
        var directory = Directory.CreateDirectory(Path.Combine(below, "saved")).FullName;
        foreach (var host in Hosts)
        {
            foreach (var process in new[] { host.Watcher, host.Indexer })
                await File.WriteAllLinesAsync(Path.Combine(directory, $"{process.Name}.log"), process.Lines, Cancellation);
            Shell.Run($"cp -r {host.StateDirectory} 'state of {host.Host}'", directory);
        }

        foreach (var name in await (await _database.ListCollectionNamesAsync(cancellationToken: Cancellation)).ToListAsync(Cancellation))
        {
            var documents = await _database.GetCollection<BsonDocument>(name).Find(new BsonDocument()).ToListAsync(Cancellation);
            await File.WriteAllLinesAsync(
                Path.Combine(directory, $"{name}.json"), documents.Select(document => document.ToJson()), Cancellation);
        }

        return directory;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in Hosts)
            await host.DisposeAsync();
        _mongo.Dispose();
    }

    private Task HarmAsync(Victim victim, Fault fault, Random random) => victim switch
    {
        Victim.FirstWatcher => HarmWatcherAsync(Hosts[0], fault),
        Victim.SecondWatcher => HarmWatcherAsync(Hosts[1], fault),
        Victim.FirstIndexer => HarmIndexerAsync(Hosts[0], fault),
        Victim.SecondIndexer => HarmIndexerAsync(Hosts[1], fault),
        _ => fault.Harm switch
        {
            Harm.Freeze or Harm.Kill => HarmServerAsync(victim == Victim.RabbitMq ? _servers.RabbitMq : _servers.MongoDb, fault),
            Harm.Purge => ByHandAsync(() => Broker.PurgeAsync(BusNames.IndexerQueue)),
            Harm.Repeat => RepeatAsync(random.Next()),
            Harm.Replay => ByHandAsync(() => ReplayAsync(fault.For)),
            Harm.FillDisk => FillDiskAsync(fault.For),
            Harm.EmptyPhotos => ByHandAsync(() => Registers.DeleteManyAsync(new BsonDocument(), Cancellation)),
            Harm.RestorePhotos => RestorePhotosAsync(fault.For),
            Harm.EmptyRegistry => EmptyRegistryAsync(fault.For),
            _ => throw new ArgumentOutOfRangeException(nameof(fault), fault.Harm, "No server's."),
        },
    };

    private static async Task HarmWatcherAsync(ServersInstallation host, Fault fault)
    {
        if (fault.Harm == Harm.Freeze)
        {
            await FreezeAsync(host.Watcher, fault.For);
            return;
        }

        host.Watcher.Kill();
        // It may have been killed before it had made one.
        if (fault.Harm is Harm.LoseState or Harm.CorruptState)
            Shell.Run($"rm -rf {host.StateDirectory}", "/");
        if (fault.Harm == Harm.CorruptState)
            Shell.Run($"mkdir {host.StateDirectory}; head -c 100000 /dev/urandom > {host.StateDirectory}/watcher.db", "/");
        await Task.Delay(fault.For, Cancellation);
        await host.StartAsync();
    }

    private static async Task HarmIndexerAsync(ServersInstallation host, Fault fault)
    {
        if (fault.Harm == Harm.Freeze)
        {
            await FreezeAsync(host.Indexer, fault.For);
            return;
        }

        host.Indexer.Kill();
        await Task.Delay(fault.For, Cancellation);
        host.StartIndexer();
    }

    private static async Task FreezeAsync(ServiceProcess process, int milliseconds)
    {
        process.Stop();
        await Task.Delay(milliseconds, Cancellation);
        process.Continue();
    }

    private static async Task HarmServerAsync(Server server, Fault fault)
    {
        if (fault.Harm == Harm.Freeze)
        {
            await server.StopAsync(Cancellation);
            await Task.Delay(fault.For, Cancellation);
            await server.ContinueAsync(Cancellation);
            return;
        }

        await server.KillAsync(Cancellation);
        await Task.Delay(fault.For, Cancellation);
        await server.StartAsync(Cancellation);
    }

    private async Task RepeatAsync(int seed)
    {
        IReadOnlyList<BrokerMessage> messages = [];
        await ByHandAsync(async () => messages = await Broker.ReadAsync(Tape, keep: false));
        var bodies = messages.Select(message => message.Body).ToArray();
        var random = new Random(seed);
        random.Shuffle(bodies);
        bodies = [.. bodies.Take(MessagesAtOnce), .. bodies.Take(MessagesAtOnce)];
        random.Shuffle(bodies);
        foreach (var body in bodies)
            await ByHandAsync(() => Broker.PublishAsync(Broker.DefaultExchange, BusNames.IndexerQueue, body));
    }

    private async Task ReplayAsync(int milliseconds)
    {
        using var until = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        until.CancelAfter(milliseconds);
        try
        {
            using var replayed = await (await Hosts[0].ApiAsync()).PostAsJsonAsync(
                new Uri("api/replay", UriKind.Relative), new { from = DateTimeOffset.UtcNow - s_replayed }, until.Token);
            replayed.EnsureSuccessStatusCode();
        }
        catch (OperationCanceledException) when (until.IsCancellationRequested && !Cancellation.IsCancellationRequested)
        {
            // Who asked for it hangs up; on a busy machine it would go on for minutes.
        }
    }

    private async Task FillDiskAsync(int milliseconds)
    {
        await _servers.RaiseDiskAlarmAsync(Cancellation);
        await Task.Delay(milliseconds, Cancellation);
        await _servers.ClearDiskAlarmAsync(Cancellation);
    }

    private async Task RestorePhotosAsync(int milliseconds)
    {
        var backups = new List<(IMongoCollection<BsonDocument> Collection, List<BsonDocument> Documents)>();
        await ByHandAsync(async () =>
        {
            backups.Clear();
            foreach (var collection in new[] { Registers, _database.GetCollection<BsonDocument>("ranges") })
                backups.Add((collection, await collection.Find(new BsonDocument()).ToListAsync(Cancellation)));
        });
        await Task.Delay(milliseconds, Cancellation);
        foreach (var (collection, documents) in backups)
        {
            await ByHandAsync(async () =>
            {
                await collection.DeleteManyAsync(new BsonDocument(), Cancellation);
                if (documents.Count > 0)
                {
                    await collection.BulkWriteAsync(
                        documents.Select(
                            document => new ReplaceOneModel<BsonDocument>(
                                new BsonDocument("_id", document["_id"]), document) { IsUpsert = true }),
                        new BulkWriteOptions { IsOrdered = false }, Cancellation);
                }
            });
        }
    }

    private async Task EmptyRegistryAsync(int milliseconds)
    {
        var registry = _database.GetCollection<BsonDocument>("libraries");
        List<BsonDocument> backup = [];
        await ByHandAsync(async () => backup = await registry.Find(new BsonDocument()).ToListAsync(Cancellation));
        await ByHandAsync(() => registry.DeleteManyAsync(new BsonDocument(), Cancellation));
        await Task.Delay(milliseconds, Cancellation);
        await ByHandAsync(() => registry.BulkWriteAsync(
            backup.Select(
                document => new ReplaceOneModel<BsonDocument>(new BsonDocument("_id", document["_id"]), document) { IsUpsert = true }),
            cancellationToken: Cancellation));
    }

    private IMongoCollection<BsonDocument> Registers => _database.GetCollection<BsonDocument>("registers");

    // A person tries again when a server that has just come back does not answer yet.
    private static Task ByHandAsync(Func<Task> work) => Wait.UntilAsync(
        async () =>
        {
            try
            {
                await work();
                return null;
            }
            catch (Exception exception) when (exception is HttpRequestException or MongoException || BusConnection.IsAway(exception)
                || exception.InnerException is TimeoutException)
            {
                return exception.Message;
            }
        },
        s_runAs.Patience);
}
