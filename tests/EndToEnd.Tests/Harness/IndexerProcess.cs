using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace WatchPhoto.EndToEnd.Tests.Harness;

/// <summary>An indexer, and its HTTP API.</summary>
internal sealed partial class IndexerProcess(string name, string directory, IReadOnlyDictionary<string, string> environment) : ServiceProcess(
    "Indexer", name, directory, new Dictionary<string, string>(environment) 
    {
        ["Urls"] = "http://127.0.0.1:0",
        // So that tests wait less for a watcher that is gone.
        ["Indexer__OwnerSilence"] = "00:00:10",
        ["Indexer__AnnouncementInterval"] = "00:00:02",
    })
{
    private int _linesBeforeStart;
    private HttpClient? _api;

    public override void Start()
    {
        _linesBeforeStart = Lines.Count;
        _api = null;
        base.Start();
    }

    /// <summary>The API, once it listens.</summary>
    public async Task<HttpClient> ApiAsync()
    {
        if (_api is not null)
            return _api;
        string? address = null;
        await Wait.UntilAsync(
            () => (address = Lines.Skip(_linesBeforeStart).Select(line => Listening().Match(line)).FirstOrDefault(match => match.Success)?.Groups[1].Value) is not null,
            $"{Name} does not listen:\n{string.Join('\n', Lines)}");
        return _api = new HttpClient { BaseAddress = new Uri(address!), Timeout = Patience.Usual };
    }

    /// <summary>What it has counted since it started: events <c>applied</c>, <c>ofRemovedLibraries</c>, <c>ofOldEpochs</c>.</summary>
    public async Task<long> CountAsync(string counter)
    {
        // Its counts are told whether it is ready or not: on a busy machine the database may not answer within the 2 s it has.
        using var answer = await (await ApiAsync()).GetAsync(new Uri("health/ready", UriKind.Relative), TestContext.Current.CancellationToken);
        var ready = await answer.Content.ReadFromJsonAsync<JsonNode>(TestContext.Current.CancellationToken);
        return ready!["events"]![counter]!.GetValue<long>();
    }

    [GeneratedRegex("Now listening on: (http://[0-9.:]+)")]
    private static partial Regex Listening();
}
