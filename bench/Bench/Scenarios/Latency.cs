using System.Diagnostics;
using System.Globalization;
using WatchPhoto.Bench.Measuring;
using WatchPhoto.Bench.Reporting;
using WatchPhoto.Bench.Roles;

namespace WatchPhoto.Bench.Scenarios;

/// <summary>From the closing of a file until its line says that it is in the catalog, at three rates.</summary>
internal sealed class Latency : Scenario
{
    private const string WatchPhoto = "WatchPhoto standalone";
    private const string Inotifywait = "inotifywait";
    private const int WarmingUp = 10;
    private static readonly int[] Rates = [1, 100, 1000];

    public override string Name => "latency";

    public override string Title => "A file is closed, and visible in the catalog";

    public override string Measure => Key(100, 50);

    public override IReadOnlyList<Target> Targets =>
        [.. Rates.SelectMany(rate => new Target[] { new(WatchPhoto, Key(rate, 50), 5), new(WatchPhoto, Key(rate, 99), 25) })];

    public override Task<IReadOnlyList<Contender>> PrepareAsync(Workshop workshop) => Task.FromResult<IReadOnlyList<Contender>>(
    [
        new(Inotifywait, async round =>
        {
            string directory = Ready(workshop);
            using var command = Peers.Inotifywait(directory);
            var measures = Follow(Told(command, line => Path.GetFileName(line)), directory, Rates);
            await command.EndAsync();
            return measures;
        }),
        new(WatchPhoto, async round =>
        {
            string directory = Ready(workshop);
            await using var run = new StandaloneRun(workshop, directory, workshop.NewDirectory("catalog"));
            run.Complete();
            return Follow(Told(run.Process, line => line.StartsWith("+ created ", StringComparison.Ordinal) ? Path.GetFileName(line) : ""), directory, Rates);
        }),
    ]);

    /// <summary>A directory to write into.</summary>
    public static string Ready(Workshop workshop)
    {
        string directory = workshop.NewDirectory("photos");
        WriterRole.MakeDirectories(directory, Rates.Max(Files));
        return directory;
    }

    // Ten seconds of the slowest, five of the others.
    private static int Files(int rate) => rate == 1 ? 10 : rate * 5;

    public static string Key(int rate, int percent) => string.Create(CultureInfo.InvariantCulture, $"p{percent} ms at {rate}/s");

    /// <summary>The names in the lines of a program, and when each came; no name: there is nothing more yet.</summary>
    private static IEnumerable<(string Name, long At)> Told(Command command, Func<string, string> nameIn)
    {
        while (true)
        {
            foreach (var (line, at) in command.TakeLines())
                yield return (nameIn(line), at);
            Thread.Sleep(10);
            yield return ("", Stopwatch.GetTimestamp());
        }
    }

    /// <summary>
    /// How long it takes from the closing of each file until it is told of. The first fifty do not count: the code on their way
    /// is still compiled.
    /// </summary>
    public static Measures Follow(IEnumerable<(string Name, long At)> told, string directory, int[] rates)
    {
        var measures = new Measures();
        using var each = told.GetEnumerator();
        foreach (int rate in rates.Prepend(WarmingUp))
        {
            using var writer = Command.Start(WriterRole.Command(directory, $"rate{rate}-", Files(rate), rate));
            // Looked at while it writes: what is read of the catalog is visible when it is read, not later.
            var seen = new Dictionary<string, long>();
            var written = Task.Run(() => writer.Expect("written"));
            for (long end = 0; seen.Count < Files(rate) && (end == 0 || Stopwatch.GetElapsedTime(end) < TimeSpan.FromSeconds(10)) && each.MoveNext();)
            {
                if (each.Current.Name.StartsWith($"rate{rate}-", StringComparison.Ordinal))
                    seen.TryAdd(each.Current.Name, each.Current.At);
                if (end == 0 && written.IsCompleted)
                    end = Stopwatch.GetTimestamp();
            }

            written.GetAwaiter().GetResult();
            var closed = writer.Passed.Where(line => line.StartsWith("closed ", StringComparison.Ordinal)).Select(line => line.Split(' ', 3))
                .ToDictionary(fields => Path.GetFileName(fields[2]), fields => long.Parse(fields[1], CultureInfo.InvariantCulture));
            var latencies = new List<double>();
            foreach (var (name, at) in seen)
            {
                if (closed.Remove(name, out long since))
                    latencies.Add(Stopwatch.GetElapsedTime(since, at).TotalMilliseconds);
            }

            if (rate == WarmingUp)
                continue;
            latencies.Sort();
            measures[Key(rate, 50)] = Percentile.Of(latencies, 0.5);
            measures[Key(rate, 99)] = Percentile.Of(latencies, 0.99);
            if (closed.Count > 0)
                measures[string.Create(CultureInfo.InvariantCulture, $"not told at {rate}/s")] = closed.Count;
        }

        return measures;
    }
}

/// <summary>The same over RabbitMQ into MongoDB, which is asked for what is new again and again.</summary>
internal sealed class LatencyServers : Scenario
{
    private const string WatchPhoto = "WatchPhoto on servers";
    private static readonly int[] Rates = [1, 100];

    public override string Name => "latency-servers";

    public override string Title => "A file is closed, and visible in MongoDB";

    public override string Measure => Latency.Key(100, 50);

    public override IReadOnlyList<Target> Targets => [new(WatchPhoto, Latency.Key(100, 50), 20), new(WatchPhoto, Latency.Key(100, 99), 100)];

    public override Task<IReadOnlyList<Contender>> PrepareAsync(Workshop workshop) => Task.FromResult<IReadOnlyList<Contender>>(
    [
        new(WatchPhoto, async _ =>
        {
            var tree = new Tree(Latency.Ready(workshop), files: 1, directories: 1);
            tree.Make();
            await using var run = await ServersRun.StartAsync(workshop);
            await run.RegisterAsync(tree.Root);
            await run.CompleteAsync(tree);
            return Latency.Follow(run.Appear(), tree.Root, Rates);
        }),
    ]);
}

/// <summary>The same within the watcher: from the reading of the kernel's event to the committed transaction.</summary>
internal sealed class LatencyInside : Scenario
{
    private const string WatchPhoto = "WatchPhoto watcher";
    private static readonly int[] Rates = [1, 100, 1000];

    public override string Name => "latency-inside";

    public override string Title => "The kernel's event is read, and the change is in the outbox";

    public override string Measure => Latency.Key(100, 50);

    public override IReadOnlyList<Target> Targets => [.. Rates.Select(rate => new Target(WatchPhoto, Latency.Key(rate, 50), 2))];

    public override Task<IReadOnlyList<Contender>> PrepareAsync(Workshop workshop) => Task.FromResult<IReadOnlyList<Contender>>(
    [
        new(WatchPhoto, async _ =>
        {
            string directory = workshop.NewDirectory("photos");
            WriterRole.MakeDirectories(directory, Rates.Max() * 5);
            using var watcher = WatcherRun.Start(new Tree(directory, 0, 0), workshop.NewDirectory("state"), WatcherRole.Drain);
            watcher.Expect("ready");
            var measures = new Measures();
            foreach (int rate in Rates)
            {
                using var writer = Command.Start(WriterRole.Command(directory, $"rate{rate}-", rate == 1 ? 10 : rate * 5, rate));
                writer.Expect("written");
                Thread.Sleep(100);
                watcher.Say("");
                double[] durations = [.. watcher.Expect("durations").Text.Split(' ').Skip(1).Select(text => double.Parse(text, CultureInfo.InvariantCulture) * 1000).Order()];
                measures[Latency.Key(rate, 50)] = Percentile.Of(durations, 0.5);
                measures[Latency.Key(rate, 99)] = Percentile.Of(durations, 0.99);
            }

            await watcher.EndAsync();
            return measures;
        }),
    ]);

}
