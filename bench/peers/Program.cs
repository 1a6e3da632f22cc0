using System.Globalization;
using WatchPhoto.Peers;
using WatchPhoto.Scenarios.Tests.Running;
using WatchPhoto.Testing;

switch (args)
{
    case [FileSystemWatcherPeer.Word, var directory]:
        FileSystemWatcherPeer.Run(directory);
        return 0;
    case [var chokidar, var page, .. var only]:
        return await CompareAsync(chokidar, page, only.FirstOrDefault() ?? "");
    default:
        Console.Error.WriteLine("Run bench/peers.sh.");
        return 2;
}

static async Task<int> CompareAsync(string chokidar, string page, string only)
{
    var report = new Report();
    foreach (var mode in Report.Modes)
    {
        var scenarios = Scenario.All()
            .Where(scenario => scenario.Modes.Contains(mode) && scenario.Catalogs.Contains("sqlite") && scenario.Name.Contains(only, StringComparison.Ordinal))
            .ToList();
        report.Own.UnionWith(scenarios.Where(Contest.IsOwn).Select(scenario => scenario.Name));
        scenarios.RemoveAll(Contest.IsOwn);
        // Few at a time, so that nobody is late because the machine is.
        foreach (var together in scenarios.Where(scenario => !scenario.IsAlone).Chunk(8).Concat(scenarios.Where(scenario => scenario.IsAlone).Chunk(1)))
            report.Add(mode, await RunAsync(mode, together, chokidar));
    }

    report.Print(Console.Out);
    if (only.Length == 0)
        report.Write(page);
    return 0;
}

static async Task<List<Contest>> RunAsync(string mode, Scenario[] scenarios, string chokidar)
{
    var directory = Directory.CreateTempSubdirectory("watchphoto-peers-").FullName;
    var runAs = scenarios[0].RunAs;
    var contests = new List<Contest>();
    await using var installation = Installation.Create("sqlite", runAs, null);
    try
    {
        if (runAs.AsNobody)
            Shell.Run($"chmod 0755 {directory}", "/");
        await installation.StartAsync();
        contests.AddRange(scenarios.Select(scenario =>
            new Contest(scenario, installation, Directory.CreateDirectory(Path.Combine(directory, scenario.Name)).FullName, chokidar)));
        await WithQueueAsync(runAs.MostEvents, () => AllAsync(contests, contest => contest.BeginAsync()));
        for (int phase = 0; phase < contests.Max(contest => contest.Phases); phase++)
        {
            var taking = contests.Where(contest => phase < contest.Phases).ToList();
            if (phase > 0)
                await ChangeAsync(mode, installation, taking, phase, runAs.MostEvents);
            await AllAsync(taking, contest => contest.AskAsync(phase));
        }
    }
    finally
    {
        foreach (var contest in contests)
            await contest.EndAsync();
        Shell.Run($"rm -rf {directory}", "/");
    }

    return contests;
}

static async Task ChangeAsync(string mode, Installation installation, List<Contest> contests, int phase, int? queue)
{
    switch (mode)
    {
        case "stopped":
            installation.Watcher.Stop();
            contests.ForEach(contest => contest.Stop());
            break;
        case "killed":
            installation.Watcher.Kill();
            contests.ForEach(contest => contest.Kill());
            break;
    }

    await AllAsync(contests, contest => Task.Run(() => contest.Change(phase)));
    switch (mode)
    {
        case "stopped":
            contests.ForEach(contest => contest.Continue());
            installation.Watcher.Continue();
            break;
        case "killed":
            await installation.StartAsync();
            await WithQueueAsync(queue, () => AllAsync(contests, contest => contest.StartAsync()));
            break;
    }
}

// The kernel's queue is as long as this says when a program starts.
static async Task WithQueueAsync(int? most, Func<Task> start)
{
    const string limit = "/proc/sys/fs/inotify/max_queued_events";
    var usual = File.ReadAllText(limit);
    if (most is { } events)
        File.WriteAllText(limit, events.ToString(CultureInfo.InvariantCulture));
    try
    {
        await start();
    }
    finally
    {
        if (most is not null)
            File.WriteAllText(limit, usual);
    }
}

static Task AllAsync(List<Contest> contests, Func<Contest, Task> work) =>
    Parallel.ForEachAsync(contests, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (contest, _) => await work(contest));
