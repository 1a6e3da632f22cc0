using System.Collections.Concurrent;
using WatchPhoto.Testing;

namespace WatchPhoto.Scenarios.Tests.Running;

/// <summary>
/// All scenarios in one mode with one catalog, side by side: they share a watcher, which is stopped or killed for all of
/// them at once.
/// </summary>
internal sealed class Lane(string mode, string catalog)
{
    private static readonly ConcurrentDictionary<(string, string), Lazy<Task<Lane>>> s_lanes = new();

    private readonly Dictionary<string, Exception?> _results = [];

    /// <summary>Runs the lane, once.</summary>
    public static Task<Lane> RunAsync(string mode, string catalog, TestServers servers) =>
        s_lanes.GetOrAdd((mode, catalog), _ => new Lazy<Task<Lane>>(() => Task.Run(async () =>
        {
            var lane = new Lane(mode, catalog);
            await lane.RunAsync(servers);
            return lane;
        }))).Value;

    public void Judge(string scenario)
    {
        if (_results[scenario] is { } failure)
            Assert.Fail(failure.Message + "\n" + failure.InnerException?.StackTrace);
    }

    private async Task RunAsync(TestServers servers)
    {
        var only = Environment.GetEnvironmentVariable("WATCHPHOTO_SCENARIO");
        var scenarios = Scenario.All()
            .Where(
                scenario => scenario.Lacks is null && scenario.Modes.Contains(mode) && scenario.Catalogs.Contains(catalog)
                    && (only is null || scenario.Name.Contains(only, StringComparison.Ordinal)))
            .ToList();
        var running = catalog == "mongo" ? await servers.StartAsync() : null;
        var shared = scenarios.Where(scenario => !scenario.IsAlone).ToList();
        if (shared.Count > 0)
            await RunTogetherAsync(shared, new RunAs(), running);
        foreach (var alone in scenarios.Where(scenario => scenario.IsAlone))
            await RunTogetherAsync([alone], alone.RunAs, running);
    }

    private async Task RunTogetherAsync(List<Scenario> scenarios, RunAs runAs, RunningServers? servers)
    {
        var directory = Directory.CreateTempSubdirectory($"watchphoto-{mode}-").FullName;
        List<ScenarioRun> runs = [];
        try
        {
            await using var installation = Installation.Create(catalog, runAs, servers);
            if (runAs.AsNobody)
                Shell.Run($"chmod 0755 {directory}", "/");
            await installation.StartAsync();
            runs = [.. scenarios.Select(scenario => new ScenarioRun(
                scenario, installation, Directory.CreateDirectory(Path.Combine(directory, scenario.Name)).FullName))];
            await AllAsync(runs, run => run.BeginAsync());
            for (int phase = 0; phase < runs.Max(run => run.Phases); phase++)
            {
                var taking = runs.Where(run => phase < run.Phases).ToList();
                // The beginning is the same for all: files that the watcher has seen.
                await ChangeAsync(phase == 0 ? "live" : mode, installation, taking, phase, directory);
                await AllAsync(taking, run => run.ExpectAsync(phase));
            }
        }
        catch (Exception exception)
        {
            foreach (var scenario in scenarios)
                _results.TryAdd(scenario.Name, exception);
        }

        foreach (var run in runs)
        {
            run.End();
            _results.TryAdd(run.Scenario.Name, run.Failure);
        }

        Shell.Remove(directory);
    }

    private static async Task ChangeAsync(string mode, Installation installation, List<ScenarioRun> runs, int phase, string directory)
    {
        switch (mode)
        {
            case "stopped":
                await StopAsync(installation.Watcher, directory);
                break;
            case "killed":
                installation.Watcher.Kill();
                break;
        }

        await AllAsync(runs, run => run.ChangeAsync(phase));
        switch (mode)
        {
            case "stopped":
                installation.Watcher.Continue();
                break;
            case "killed":
                await installation.StartAsync();
                break;
        }
    }

    // Who is stopped keeps open what it has open, and a disk in which a directory is open cannot be unmounted.
    private static Task StopAsync(ServiceProcess watcher, string directory) => Wait.UntilAsync(async () =>
    {
        watcher.Stop();
        await Wait.UntilAsync(() => watcher.IsStopped, "The watcher does not stop.");
        if (watcher.OpenFiles().FirstOrDefault(file => file.StartsWith(directory, StringComparison.Ordinal)) is not { } open)
            return null;
        watcher.Continue();
        return $"The watcher has {open} open again and again.";
    });

    private static Task AllAsync(IEnumerable<ScenarioRun> runs, Func<ScenarioRun, Task> work) =>
        Parallel.ForEachAsync(runs, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (run, _) => await work(run));
}
