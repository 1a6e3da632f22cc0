using WatchPhoto.Testing;

namespace WatchPhoto.EndToEnd.Tests.Harness;

/// <summary>Watcher and indexer in one process, as a person starts it in a terminal, and what it says of itself.</summary>
internal sealed class StandaloneProcess : ServiceProcess
{
    /// <param name="data">Where its catalog is kept.</param>
    public StandaloneProcess(string data, params string[] arguments)
        : base("Standalone", "standalone", Path.GetTempPath(), new Dictionary<string, string>(), [.. arguments, "--data", data])
    {
    }

    /// <summary>The API, once it listens.</summary>
    public async Task<HttpClient> ApiAsync() => new() { BaseAddress = await AddressAsync(), Timeout = Patience.Usual };

    /// <summary>Waits for a line since it was last started.</summary>
    public Task SaysAsync(string text) => Wait.UntilAsync(
        () => Task.FromResult(
            LinesSinceStart.Any(line => line.Contains(text, StringComparison.Ordinal))
                ? null
                : $"It has not said '{text}':\n{LastLines(40)}"));
}
