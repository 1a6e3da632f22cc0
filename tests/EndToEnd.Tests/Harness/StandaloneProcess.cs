using System.Text.RegularExpressions;

namespace WatchPhoto.EndToEnd.Tests.Harness;

/// <summary>Watcher and indexer in one process, as a person starts it in a terminal, and what it says of itself.</summary>
internal sealed partial class StandaloneProcess : ServiceProcess
{
    private int _linesBeforeStart;

    /// <param name="data">Where its catalog is kept.</param>
    public StandaloneProcess(string data, params string[] arguments)
        : base("Standalone", "standalone", Path.GetTempPath(), new Dictionary<string, string>(), [.. arguments, "--data", data])
    {
    }

    /// <summary>What it has written since it was last started.</summary>
    public IEnumerable<string> LinesSinceStart => Lines.Skip(_linesBeforeStart);

    public override void Start()
    {
        _linesBeforeStart = Lines.Count;
        base.Start();
    }

    /// <summary>The API, once it listens.</summary>
    public async Task<HttpClient> ApiAsync()
    {
        string? address = null;
        await Wait.UntilAsync(
            () => (address = LinesSinceStart.Select(line => Listening().Match(line)).FirstOrDefault(match => match.Success)?.Groups[1].Value) is not null,
            "It does not tell the address of its API.");
        return new HttpClient { BaseAddress = new Uri(address!), Timeout = Patience.Usual };
    }

    /// <summary>Waits for a line since it was last started.</summary>
    public Task SaysAsync(string text) => Wait.UntilAsync(
        () => Task.FromResult(LinesSinceStart.Any(line => line.Contains(text, StringComparison.Ordinal)) ? null : $"It has not said '{text}':\n{LastLines(40)}"));

    [GeneratedRegex("API: (http://[0-9.:]+)")]
    private static partial Regex Listening();
}
