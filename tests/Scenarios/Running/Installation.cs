using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MongoDB.Driver;
using WatchPhoto.EndToEnd.Tests.Harness;
using WatchPhoto.Testing;

namespace WatchPhoto.Scenarios.Tests.Running;

/// <summary>How a watcher is run that is not run as usual.</summary>
internal sealed record RunAs
{
    /// <summary>Settings by the names of their variables.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Not as root.</summary>
    public bool AsNobody { get; init; }

    /// <summary>How many watches the kernel gives it.</summary>
    public int? MostWatches { get; init; }

    /// <summary>How many events the kernel keeps for it.</summary>
    public int? MostEvents { get; init; }

    /// <summary>How long what is waited for may take.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(10);

    public bool NeedsRoot => AsNobody || MostWatches is not null || MostEvents is not null;
}

/// <summary>WatchPhoto, running: a watcher that can be stopped and killed, and the catalog's API.</summary>
internal abstract partial class Installation : IAsyncDisposable
{
    private const string UsualHost = "scenarios";
    private const string MaxQueuedEvents = "/proc/sys/fs/inotify/max_queued_events";

    // The queue's length is read when a watcher starts; meanwhile no other one starts here.
    private static readonly SemaphoreSlim s_limits = new(1);

    private readonly RunAs _runAs;

    protected Installation(RunAs runAs, string host = UsualHost)
    {
        (_runAs, Host) = (runAs, host);
        Directory = System.IO.Directory.CreateTempSubdirectory("watchphoto-run-").FullName;
        Settings = new Dictionary<string, string>
        {
            ["Watcher__Host"] = host,
            // So that tests wait less.
            ["Watcher__RootCheckInterval"] = "00:00:00.300",
            ["Watcher__TroubleInterval"] = "00:00:01",
            ["Watcher__PollInterval"] = "00:00:00.500",
            ["Watcher__ReportInterval"] = "00:00:00.300",
            ["Watcher__SettleTime"] = "00:00:00.500",
            ["Watcher__MostDeletions"] = "30",
        };
        foreach (var (name, value) in runAs.Settings)
            Settings[name] = value;
        By = By_(runAs);
    }

    /// <summary>The name the watcher's libraries are registered for.</summary>
    public string Host { get; }

    protected string Directory { get; }

    protected Dictionary<string, string> Settings { get; }

    /// <summary>The command that becomes a program which is run as this one.</summary>
    public IReadOnlyList<string> By { get; }

    /// <summary>A library that is there before any is registered.</summary>
    public virtual string? OwnLibrary => null;

    /// <summary>How many watches the kernel gives the watcher.</summary>
    public int MostWatches => _runAs.MostWatches ?? int.MaxValue;

    /// <summary>Where the watcher keeps its state.</summary>
    public abstract string StateDirectory { get; }

    /// <summary>The process that holds the watches.</summary>
    public abstract ServiceProcess Watcher { get; }

    protected abstract IEnumerable<ServiceProcess> Processes { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static Installation Create(string catalog, RunAs runAs, RunningServers? servers) =>
        catalog == "sqlite" ? new StandaloneInstallation(runAs) : new ServersInstallation(runAs, servers!);

    public async Task StartAsync()
    {
        await s_limits.WaitAsync(Cancellation);
        try
        {
            await StartWithLimitsAsync();
        }
        finally
        {
            s_limits.Release();
        }
    }

    private async Task StartWithLimitsAsync()
    {
        if (_runAs.MostEvents is not { } most)
        {
            await StartProcessesAsync();
            return;
        }

        using (Shell.Lower(MaxQueuedEvents, most))
            await StartProcessesAsync();
    }

    /// <summary>What the operator does who is told to.</summary>
    public void RaiseWatches(int most) =>
        Shell.Run(Directory, $"nsenter --target {Watcher.Id} --user sh -c 'echo {most} > /proc/sys/user/max_inotify_watches'");

    public abstract Task<HttpClient> ApiAsync();

    protected abstract Task StartProcessesAsync();

    public Task RegisterAsync(object definition) =>
        DoAsync(api => api.PostAsJsonAsync(Api("api/libraries"), definition, Cancellation), done: HttpStatusCode.Conflict);

    /// <summary>Whether WatchPhoto itself says that the catalog is what the watcher knows, and since when; as the API says it.</summary>
    public async Task<JsonNode> VerificationAsync(string id) =>
        JsonNode.Parse(await (await ApiAsync()).GetStringAsync(Api($"api/libraries/{id}/verification"), Cancellation))!;

    public Task ReplaceAsync(string id, object definition) =>
        DoAsync(api => api.PutAsJsonAsync(Api($"api/libraries/{id}"), definition, Cancellation));

    public Task RemoveAsync(string id) =>
        DoAsync(api => api.DeleteAsync(Api($"api/libraries/{id}"), Cancellation), done: HttpStatusCode.NotFound);

    public Task AskAsync(string id, string action) =>
        DoAsync(api => api.PostAsync(Api($"api/libraries/{id}/{action}"), null, Cancellation));

    /// <summary>Asks for something, and as a person would, again while the catalog's database does not answer.</summary>
    /// <param name="done">What is answered when it had been done all the same.</param>
    private async Task DoAsync(Func<HttpClient, Task<HttpResponseMessage>> ask, HttpStatusCode? done = null)
    {
        bool again = false;
        await UntilAsync(async () =>
        {
            using var answer = await ask(await ApiAsync());
            if (answer.IsSuccessStatusCode || (again && answer.StatusCode == done))
                return null;
            var problem = await answer.Content.ReadAsStringAsync(Cancellation);
            Assert.True(answer.StatusCode == HttpStatusCode.ServiceUnavailable, problem);
            again = true;
            return problem;
        });
    }

    public async Task<List<Photo>> PhotosAsync(string id)
    {
        var photos = new List<Photo>();
        var text = await (await ApiAsync()).GetStringAsync(Api($"api/libraries/{id}/photos.ndjson"), Cancellation);
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var json = JsonDocument.Parse(line);
            var (photo, file) = (json.RootElement, json.RootElement.GetProperty("file"));
            photos.Add(new Photo(
                photo.GetProperty("path").GetString()!, photo.GetProperty("photoId").GetGuid(), photo.GetProperty("version").GetInt64(),
                new FileSays(file.GetProperty("size").GetInt64(), file.GetProperty("modifiedAt").GetString()!)));
        }

        return photos;
    }

    /// <summary>What the watcher has reported last; null: nothing of this library.</summary>
    public async Task<Standing?> StandingAsync(string id)
    {
        var text = await (await ApiAsync()).GetStringAsync(Api("api/watchers"), Cancellation);
        using var json = JsonDocument.Parse(text);
        foreach (var watcher in json.RootElement.EnumerateArray())
        {
            foreach (var library in watcher.GetProperty("libraries").EnumerateArray())
            {
                if (library.GetProperty("libraryId").GetString() == id)
                {
                    return new Standing(
                        library.GetProperty("state").GetString()!,
                        library.TryGetProperty("reason", out var reason) ? reason.GetString() ?? "" : "",
                        library.GetProperty("entries").GetInt64(), library.GetProperty("directories").GetInt64());
                }
            }
        }

        return null;
    }

    /// <summary>Why a library is not watched by the watcher; null: it has not said so.</summary>
    public async Task<string?> RefusalAsync(string id)
    {
        var watchers = JsonNode.Parse(await (await ApiAsync()).GetStringAsync(Api("api/watchers"), Cancellation))!.AsArray();
        return watchers.SelectMany(watcher => watcher!["refused"]?.AsArray() ?? [])
            .FirstOrDefault(refused => refused!["libraryId"]!.GetValue<string>() == id)?["reason"]!.GetValue<string>();
    }

    /// <summary>Waits, but not for a process that has died.</summary>
    public async Task UntilAsync(Func<Task<string?>> problem, TimeSpan? deadline = null)
    {
        await Wait.UntilAsync(
            async () =>
            {
                if (Processes.FirstOrDefault(process => process.HasEnded) is { } dead)
                    Assert.Fail($"The {dead.Name} has ended by itself.\n{dead.LastLines(40)}");
                try
                {
                    return await problem();
                }
                catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException { InnerException: TimeoutException })
                {
                    return exception.Message;
                }
            },
            deadline ?? _runAs.Patience);
    }

    public virtual ValueTask DisposeAsync()
    {
        foreach (var process in Processes)
            process.Dispose();
        Shell.Run("/", $"rm -rf {Directory}");
        return ValueTask.CompletedTask;
    }

    protected static Uri Api(string path) => new(path, UriKind.Relative);

    private List<string> By_(RunAs runAs)
    {
        if (runAs.AsNobody)
        {
            Shell.Run("/", $"chmod 0777 {Directory}");
            Settings["HOME"] = Directory;
            return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
        }

        // The limit of a user namespace: nobody else's watches are touched.
        return runAs.MostWatches is { } most
            ? ["unshare", "--user", "--map-root-user", "sh", "-c", $"echo {most} > /proc/sys/user/max_inotify_watches && exec \"$@\"", "sh"]
            : [];
    }

    [GeneratedRegex("(?:API|Now listening on): (http://[0-9.:]+)")]
    private static partial Regex Listening();

    /// <summary>The API of a process, once it says where it listens.</summary>
    protected async Task<HttpClient> ApiOfAsync(ServiceProcess process, int linesBefore)
    {
        string? address = null;
        await UntilAsync(() =>
        {
            address = process.Lines.Skip(linesBefore).Select(line => Listening().Match(line)).FirstOrDefault(match => match.Success)?.Groups[1].Value;
            return Task.FromResult(address is null ? $"{process.Name} does not listen:\n{process.LastLines(40)}" : null);
        });
        return new HttpClient { BaseAddress = new Uri(address!), Timeout = TimeSpan.FromSeconds(60) };
    }
}

/// <summary>One process: the bus in memory, the catalog in SQLite.</summary>
internal sealed class StandaloneInstallation : Installation
{
    private readonly ServiceProcess _process;
    private HttpClient? _api;

    public StandaloneInstallation(RunAs runAs)
        : base(runAs)
    {
        // A person names a directory; the scenarios' are registered over HTTP.
        var first = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "first")).FullName;
        _process = new ServiceProcess("Standalone", "standalone", Directory, Settings, first, "--port", "0", "--data", Path.Combine(Directory, "data")) { By = By };
    }

    public override string? OwnLibrary => Path.Combine(Directory, "first");

    public override string StateDirectory => Path.Combine(Directory, "data", "watcher");

    public override ServiceProcess Watcher => _process;

    protected override IEnumerable<ServiceProcess> Processes => [_process];

    public override async Task<HttpClient> ApiAsync() => _api ?? throw new HttpRequestException("It is not running.");

    protected override async Task StartProcessesAsync()
    {
        _api = null;
        int lines = _process.Lines.Count;
        _process.Start();
        _api = await ApiOfAsync(_process, lines);
    }
}

/// <summary>A virtual host and a database of their own, for all who share them.</summary>
internal sealed record Place(RunningServers Servers, VirtualHost VirtualHost, string Database)
{
    public string MongoDb
    {
        get
        {
            var url = new MongoUrlBuilder(Servers.MongoDb.ConnectionString) { DatabaseName = Database };
            if (url.Username is not null)
                url.AuthenticationSource ??= "admin";
            return url.ToString();
        }
    }

    public static async Task<Place> CreateAsync(RunningServers servers) =>
        new(servers, await servers.CreateVirtualHostAsync(TestContext.Current.CancellationToken), servers.CreateDatabaseName());
}

/// <summary>Watcher and indexer as processes of their own, with RabbitMQ and MongoDB between and behind them.</summary>
internal sealed class ServersInstallation : Installation
{
    private readonly RunningServers _servers;
    private Place? _place;
    private ServiceProcess? _watcher;
    private ServiceProcess? _indexer;
    private int _linesBeforeStart;
    private HttpClient? _api;

    public ServersInstallation(RunAs runAs, RunningServers servers)
        : base(runAs) => _servers = servers;

    /// <summary>Another host's, where others may be.</summary>
    public ServersInstallation(RunAs runAs, Place place, string host)
        : base(runAs, host) => (_servers, _place) = (place.Servers, place);

    public override string StateDirectory => Path.Combine(Directory, "state");

    public override ServiceProcess Watcher => _watcher!;

    /// <summary>The one whose API is asked.</summary>
    public ServiceProcess Indexer => _indexer!;

    protected override IEnumerable<ServiceProcess> Processes => _watcher is null ? [] : [_watcher, _indexer!];

    public override async Task<HttpClient> ApiAsync() =>
        _indexer is null ? throw new HttpRequestException("It is not running.") : _api ??= await ApiOfAsync(_indexer, _linesBeforeStart);

    public void StartIndexer() => _indexer!.Start();

    public Task IsReadyAsync() => UntilAsync(async () =>
    {
        using var ready = await (await ApiAsync()).GetAsync(Api("health/ready"));
        return ready.IsSuccessStatusCode ? null : $"The indexer is not ready: {await ready.Content.ReadAsStringAsync()}";
    });

    protected override async Task StartProcessesAsync()
    {
        if (_watcher is null)
        {
            _place ??= await Place.CreateAsync(_servers);
            Settings["ConnectionStrings__RabbitMq"] = _place.VirtualHost.ConnectionString;
            Settings["ConnectionStrings__MongoDb"] = _place.MongoDb;
            Settings["Watcher__StateDirectory"] = StateDirectory;
            _watcher = new ServiceProcess("Watcher", $"watcher of {Host}", Directory, Settings) { By = By };
            _indexer = new ServiceProcess("Indexer", $"indexer beside {Host}", Directory, new Dictionary<string, string>(Settings)
            {
                ["Urls"] = "http://127.0.0.1:0",
                // So that a watcher that lost its state waits less for its former self.
                ["Indexer__OwnerSilence"] = "00:00:02",
            })
            {
                Starting = () => (_api, _linesBeforeStart) = (null, _indexer!.Lines.Count),
            };
            StartIndexer();
            await IsReadyAsync();
        }

        _watcher.Start();
    }
}
