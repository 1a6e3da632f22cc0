using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace WatchPhoto.Testing;

/// <summary>An indexer, and its HTTP API on a port of its own.</summary>
public sealed class IndexerProcess(string name, string directory, IReadOnlyDictionary<string, string> environment) : ServiceProcess(
    "Indexer", name, directory, new Dictionary<string, string>(environment) { ["Urls"] = "http://127.0.0.1:0" })
{
    private HttpClient? _api;

    /// <summary>How long an answer of its API may take.</summary>
    public TimeSpan ApiTimeout { get; init; } = Patience.Usual;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The API, once it listens.</summary>
    public async Task<HttpClient> ApiAsync(TimeSpan? deadline = null)
    {
        var address = await AddressAsync(deadline);
        // It is elsewhere each time it is started.
        return _api is { } api && api.BaseAddress == address ? api : _api = new HttpClient { BaseAddress = address, Timeout = ApiTimeout };
    }

    /// <summary>Why it is not ready; null: it is.</summary>
    public async Task<string?> NotReadyAsync(TimeSpan? deadline = null)
    {
        using var ready = await (await ApiAsync(deadline)).GetAsync(Health, Cancellation);
        return ready.IsSuccessStatusCode ? null : $"{Name} is not ready: {await ready.Content.ReadAsStringAsync(Cancellation)}";
    }

    /// <summary>What it has counted since it started: events <c>applied</c>, <c>ofRemovedLibraries</c>, <c>ofOldEpochs</c>.</summary>
    public async Task<long> CountAsync(string counter)
    {
        // Its counts are told whether it is ready or not: on a busy machine the database may not answer within the 2 s it has.
        using var answer = await (await ApiAsync()).GetAsync(Health, Cancellation);
        var ready = await answer.Content.ReadFromJsonAsync<JsonNode>(Cancellation);
        return ready!["events"]![counter]!.GetValue<long>();
    }

    private static Uri Health => new("health/ready", UriKind.Relative);
}
