using System.Net;
using System.Net.Http.Json;
using MongoDB.Bson;
using MongoDB.Driver;
using WatchPhoto.Contracts;
using WatchPhoto.Testing;
using Xunit.Sdk;

namespace WatchPhoto.EndToEnd.Tests.Harness;

/// <summary>WatchPhoto as separate processes: a watcher a host, some indexers, a virtual host and a database of their own.</summary>
internal sealed class Installation : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("watchphoto-").FullName;
    private readonly List<Disk> _disks = [];
    private readonly IReadOnlyDictionary<string, string> _environment;
    private readonly MongoClient _mongo;
    private int _asked;
    private int _created;
    private int _registered;

    private Installation(Place place, string[] hosts, int indexers)
    {
        _environment = place.Environment;
        Broker = new Broker(place.Servers, place.VirtualHost);
        _mongo = place.Servers.CreateMongoClient();
        Database = _mongo.GetDatabase(place.Database);
        Watchers = [.. hosts.Select(host => new WatcherProcess(host, NewDirectory($"watcher-{host}"), _environment))];
        Indexers = [.. Enumerable.Range(1, indexers).Select(i => NewIndexer($"indexer {i}", $"indexer-{i}"))];
    }

    public IReadOnlyList<WatcherProcess> Watchers { get; }

    public IReadOnlyList<IndexerProcess> Indexers { get; }

    public Broker Broker { get; }

    /// <summary>The catalog's database, for what people do to it by hand.</summary>
    public IMongoDatabase Database { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private IEnumerable<ServiceProcess> Processes => [.. Watchers, .. Indexers];

    /// <summary>All processes are running, and have found the servers and each other.</summary>
    public static async Task<Installation> StartAsync(RunningServers servers, string[] hosts, int indexers)
    {
        var installation = await CreateAsync(servers, hosts, indexers);
        await installation.StartAsync();
        return installation;
    }

    /// <summary>Nothing is running yet.</summary>
    public static async Task<Installation> CreateAsync(RunningServers servers, string[] hosts, int indexers) =>
        new(await Place.CreateAsync(servers), hosts, indexers);

    public async Task StartAsync()
    {
        foreach (var process in Processes)
            process.Start();
        await AreReadyAsync();
    }

    /// <summary>Whole again, for the next test of a class that shares it, whatever one before has left that ended in the middle.</summary>
    public async Task MendAsync()
    {
        foreach (var process in Processes)
            process.Mend();
        await AreReadyAsync();
        if (await Broker.ReadAsync(BusNames.IndexerErrorQueue) is { Count: > 0 })
            await Broker.PurgeAsync(BusNames.IndexerErrorQueue);
    }

    public WatcherProcess WatcherOf(string host) => Watchers.Single(watcher => watcher.Host == host);

    public async Task AreReadyAsync()
    {
        foreach (var indexer in Indexers)
            await UntilAsync(() => indexer.NotReadyAsync());
        await UntilAsync(async () => await Broker.CountReadersAsync(BusNames.LibrariesExchange) >= Watchers.Count
            ? null
            : "A watcher does not listen to announcements.");
    }

    /// <summary>The API of any indexer: they take turns.</summary>
    public Task<HttpClient> ApiAsync()
    {
        var running = Indexers.Where(indexer => indexer.ShouldRun).ToList();
        return running[Interlocked.Increment(ref _asked) % running.Count].ApiAsync();
    }

    /// <summary>One more, for the test to start and dispose of.</summary>
    public IndexerProcess CreateIndexer() => NewIndexer("another indexer", "another-indexer");

    /// <summary>One more, with a state of its own, for the test to start and dispose of.</summary>
    /// <param name="by">A command that becomes the watcher at its end.</param>
    public WatcherProcess CreateWatcher(string host, params string[] by) =>
        new(host, NewDirectory($"another-watcher-{host}-{Interlocked.Increment(ref _created)}"), _environment) { By = by };

    /// <summary>The settings that all processes share.</summary>
    public IReadOnlyDictionary<string, string> Environment => _environment;

    public Disk CreateDisk()
    {
        var disk = new Disk();
        _disks.Add(disk);
        return disk;
    }

    /// <summary>Registers a directory of a host over HTTP.</summary>
    /// <param name="path">Where the host has the disk, if elsewhere than here.</param>
    public async Task<PhotoLibrary> RegisterAsync(string host, Disk disk, string? id = null, string? path = null)
    {
        id ??= NewLibraryId();
        // An indexer that another test has just started again prepares its database first, and says so.
        await UntilAsync(async () =>
        {
            using var added = await (await ApiAsync()).PostAsJsonAsync(
                new Uri("api/libraries", UriKind.Relative), new { id, name = id, host, path = path ?? disk.Root }, Cancellation);
            var answer = await added.Content.ReadAsStringAsync(Cancellation);
            if (added.StatusCode == HttpStatusCode.ServiceUnavailable)
                return answer;
            Assert.True(added.StatusCode == HttpStatusCode.Created, answer);
            return null;
        });
        return new PhotoLibrary(this, id, host, disk);
    }

    /// <summary>Registers a directory of a host as a person with a client of MongoDB does.</summary>
    public async Task<PhotoLibrary> InsertAsync(string host, Disk disk)
    {
        var id = NewLibraryId();
        await Database.GetCollection<BsonDocument>("libraries").InsertOneAsync(
            new BsonDocument { ["_id"] = id, ["name"] = id, ["host"] = host, ["path"] = disk.Root }, cancellationToken: Cancellation);
        return new PhotoLibrary(this, id, host, disk);
    }

    public string NewLibraryId() => $"library-{Interlocked.Increment(ref _registered)}";

    /// <summary>Waits as <see cref="Wait"/> does, but not for processes that have died.</summary>
    public async Task UntilAsync(Func<Task<string?>> problem, TimeSpan? deadline = null)
    {
        try
        {
            await Wait.UntilAsync(Processes, problem, deadline);
        }
        catch (FailException failure)
        {
            Assert.Fail($"{failure.Message}\n{string.Join('\n', Processes.Select(process => process.LastLines(40)))}");
        }
    }

    /// <summary>What all indexers together have counted.</summary>
    public async Task<long> CountAsync(string counter)
    {
        long sum = 0;
        foreach (var indexer in Indexers)
            sum += await indexer.CountAsync(counter);
        return sum;
    }

    public async Task ErrorQueueIsEmptyAsync()
    {
        if (await Broker.ReadAsync(BusNames.IndexerErrorQueue) is [var message, ..])
            Assert.Fail($"In the error queue: {message.Headers.GetValueOrDefault("MT-Fault-Message")}\n{message.Body}");
    }

    /// <summary>
    /// Does something bad while a library of the host is changed all the time. When it is over, the catalog equals the disk and
    /// is verified, what was only moved has its photo ids, and nothing is in the error queue.
    /// </summary>
    public async Task SurvivesUnderLoadAsync(string host, Func<Churn, Task> fault, TimeSpan? pause = null)
    {
        var disk = CreateDisk();
        await using var churn = new Churn(disk, seed: 1, pause);
        var library = await RegisterAsync(host, disk);
        var before = IdsByInode(await library.EqualsDiskAsync());

        churn.Start();
        await churn.StepsAsync(100);
        await fault(churn);
        await churn.StepsAsync(100);
        await churn.StopAsync();

        var after = IdsByInode(await library.EqualsDiskAsync());
        Assert.All(churn.KeptInodes(), inode => Assert.Equal(before[inode], after[inode]));
        await library.IsVerifiedAsync();
        await ErrorQueueIsEmptyAsync();
    }

    public ValueTask DisposeAsync()
    {
        foreach (var process in Processes)
            process.Dispose();
        foreach (var disk in _disks)
            disk.Dispose();
        _mongo.Dispose();
        Directory.Delete(_directory, recursive: true);
        return ValueTask.CompletedTask;
    }

    private static Dictionary<ulong, Guid> IdsByInode(Dictionary<string, CatalogPhoto> photos) =>
        photos.Values.ToDictionary(photo => photo.File.Inode, photo => photo.PhotoId);

    private string NewDirectory(string name) => Directory.CreateDirectory(Path.Combine(_directory, name)).FullName;

    private IndexerProcess NewIndexer(string name, string directory) => new(
        name, NewDirectory(directory), new Dictionary<string, string>(_environment)
        {
            // So that tests wait less for a watcher that is gone.
            ["Indexer__OwnerSilence"] = "00:00:10",
            ["Indexer__AnnouncementInterval"] = "00:00:02",
        });
}
