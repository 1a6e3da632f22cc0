using System.Diagnostics;
using System.Net.Http.Json;
using WatchPhoto.Bench.Measuring;

namespace WatchPhoto.Bench.Scenarios;

/// <summary>An indexer as a process of its own.</summary>
internal sealed class IndexerProcess : IAsyncDisposable
{
    private const string Listening = "Now listening on: ";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly HttpClient _api;

    private IndexerProcess(Command process, Uri address) => (Process, _api) = (process, new HttpClient { BaseAddress = address });

    public Command Process { get; }

    /// <returns>One that is connected to its servers.</returns>
    public static async Task<IndexerProcess> StartAsync(
        Workshop workshop, string rabbitMq, string mongoDb, params (string Name, string Value)[] settings)
    {
        var environment = new Dictionary<string, string>
        {
            ["ConnectionStrings__RabbitMq"] = rabbitMq,
            ["ConnectionStrings__MongoDb"] = mongoDb,
            ["Urls"] = "http://127.0.0.1:0",
        };
        foreach (var (name, value) in settings)
            environment[name] = value;
        var process = Command.Start(workshop.Service("Indexer"), environment);
        string line = process.Expect(Listening, Patience).Text;
        var indexer = new IndexerProcess(process, new Uri(line[(line.IndexOf(Listening, StringComparison.Ordinal) + Listening.Length)..]));
        await indexer.UntilAsync("health/ready", answer => answer.IsSuccessStatusCode);
        return indexer;
    }

    public async Task RegisterAsync(string library, string host, string path)
    {
        using var registered = await _api.PostAsJsonAsync("api/libraries", new { id = library, name = library, host, path });
        registered.EnsureSuccessStatusCode();
    }

    /// <summary>Waits until it has heard of a watcher.</summary>
    public Task KnowsAsync(string host) => UntilAsync("api/watchers", answer => answer.IsSuccessStatusCode
        && answer.Content.ReadAsStringAsync().Result.Contains($"\"{host}\"", StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        _api.Dispose();
        await Process.EndAsync();
        Process.Dispose();
    }

    private async Task UntilAsync(string path, Func<HttpResponseMessage, bool> isSo)
    {
        for (var watch = Stopwatch.StartNew(); ; await Task.Delay(50))
        {
            using var answer = await _api.GetAsync(new Uri(path, UriKind.Relative));
            if (isSo(answer))
                return;
            if (watch.Elapsed > Patience)
                throw new TimeoutException($"The indexer's {path} still says: {await answer.Content.ReadAsStringAsync()}");
        }
    }
}
