using System.Diagnostics;

namespace WatchPhoto.Scale;

/// <summary>An indexer as a process of its own.</summary>
internal sealed class Indexer : IAsyncDisposable
{
    private const string Listening = "Now listening on: ";

    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Process _process;

    private Indexer(IReadOnlyDictionary<string, string> settings)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, Program)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += Look;
        _process.ErrorDataReceived += (_, line) => Console.Error.WriteLine(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Its HTTP API.</summary>
    public HttpClient Api { get; private set; } = null!;

    public TimeSpan ProcessorTime => _process.TotalProcessorTime;

    private static string Program =>
        Path.Combine("..", "..", "..", "..", "..", "services", "Indexer", "bin", "Release", "net10.0", "WatchPhoto.Indexer.dll");

    /// <returns>One that is connected to its servers.</returns>
    public static async Task<Indexer> StartAsync(IReadOnlyDictionary<string, string> settings)
    {
        var indexer = new Indexer(settings);
        indexer.Api = new HttpClient { BaseAddress = await indexer._address.Task.WaitAsync(TimeSpan.FromMinutes(1)) };
        for (var watch = Stopwatch.StartNew(); ; await Task.Delay(100))
        {
            using var ready = await indexer.Api.GetAsync(new Uri("health/ready", UriKind.Relative));
            if (ready.IsSuccessStatusCode)
                return indexer;
            if (watch.Elapsed > TimeSpan.FromMinutes(1))
                throw new TimeoutException($"An indexer is not ready: {await ready.Content.ReadAsStringAsync()}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Look(object sender, DataReceivedEventArgs line)
    {
        if (line.Data?.IndexOf(Listening, StringComparison.Ordinal) is >= 0 and var place)
            _address.TrySetResult(new Uri(line.Data[(place + Listening.Length)..]));
    }
}
