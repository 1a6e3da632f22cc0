using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using WatchPhoto.Testing;

namespace WatchPhoto.Scenarios.Tests.Running;

/// <summary>WatchPhoto, running: a watcher that can be stopped and killed, and the catalog's API.</summary>
internal abstract class Installation : IAsyncDisposable
{
    private const string UsualHost = "scenarios";
    private const string MaxQueuedEvents = "/proc/sys/fs/inotify/max_queued_events";

    /// <summary>How long an answer of the API may take: on a busy machine it is asked again.</summary>
    protected static readonly TimeSpan ApiTimeout = TimeSpan.FromSeconds(60);

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

        using (KernelLimit.Lower(MaxQueuedEvents, most))
            await StartProcessesAsync();
    }

    /// <summary>What the operator does who is told to.</summary>
    public void RaiseWatches(int most) =>
        Shell.Run($"nsenter --target {Watcher.Id} --user sh -c 'echo {most} > /proc/sys/user/max_inotify_watches'", Directory);

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

    public async Task<List<Photo>> PhotosAsync(string id) =>
        [.. (await CatalogPhoto.ReadAllAsync(await ApiAsync(), id)).Select(photo => new Photo(
            photo.Path, photo.PhotoId, photo.Version, new FileSays(photo.File.Size, photo.File.ModifiedAt)))];

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

    /// <summary>Waits as <see cref="Wait"/> does, but not for a process that has died.</summary>
    public Task UntilAsync(Func<Task<string?>> problem, TimeSpan? deadline = null) => Wait.UntilAsync(
        Processes,
        async () =>
        {
            try
            {
                return await problem();
            }
            catch (TaskCanceledException exception) when (exception.InnerException is TimeoutException)
            {
                return exception.Message;
            }
        },
        deadline ?? Patience);

    public virtual ValueTask DisposeAsync()
    {
        foreach (var process in Processes)
            process.Dispose();
        Shell.Run($"rm -rf {Directory}", "/");
        return ValueTask.CompletedTask;
    }

    /// <summary>How long what is waited for may take.</summary>
    protected TimeSpan Patience => _runAs.Patience;

    protected static Uri Api(string path) => new(path, UriKind.Relative);

    private List<string> By_(RunAs runAs)
    {
        if (runAs.AsNobody)
        {
            Shell.Run($"chmod 0777 {Directory}", "/");
            Settings["HOME"] = Directory;
            return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
        }

        // The limit of a user namespace: nobody else's watches are touched.
        return runAs.MostWatches is { } most
            ? ["unshare", "--user", "--map-root-user", "sh", "-c", $"echo {most} > /proc/sys/user/max_inotify_watches && exec \"$@\"", "sh"]
            : [];
    }
}
