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
            var measures = Follow(command, directory, line => Path.GetFileName(line));
            await command.EndAsync();
            return measures;
        }),
        new(WatchPhoto, async round =>
        {
            string directory = Ready(workshop);
            await using var run = new StandaloneRun(workshop, directory, workshop.NewDirectory("catalog"));
            run.Complete();
            return Follow(run.Process, directory, line => line.StartsWith("+ created ", StringComparison.Ordinal) ? Path.GetFileName(line) : null);
        }),
    ]);

    private static string Ready(Workshop workshop)
    {
        string directory = workshop.NewDirectory("photos");
        WriterRole.MakeDirectories(directory, Rates.Max(Files));
        return directory;
    }

    // Ten seconds of the slowest, five of the others.
    private static int Files(int rate) => rate == 1 ? 10 : rate * 5;

    private static string Key(int rate, int percent) => string.Create(CultureInfo.InvariantCulture, $"p{percent} ms at {rate}/s");

    private static Measures Follow(Command command, string directory, Func<string, string?> nameIn)
    {
        var measures = new Measures();
        foreach (int rate in Rates)
        {
            using var writer = Command.Start(WriterRole.Command(directory, $"rate{rate}-", Files(rate), rate));
            writer.Expect("written");
            var closed = writer.Passed.Where(line => line.StartsWith("closed ", StringComparison.Ordinal)).Select(line => line.Split(' ', 3))
                .ToDictionary(fields => Path.GetFileName(fields[2]), fields => long.Parse(fields[1], CultureInfo.InvariantCulture));
            var latencies = new List<double>();
            for (long end = Stopwatch.GetTimestamp(); closed.Count > 0 && Stopwatch.GetElapsedTime(end) < TimeSpan.FromSeconds(10); Thread.Sleep(10))
            {
                foreach (var (line, at) in command.TakeLines())
                {
                    if (nameIn(line) is { } name && closed.Remove(name, out long since))
                        latencies.Add(Stopwatch.GetElapsedTime(since, at).TotalMilliseconds);
                }
            }

            latencies.Sort();
            measures[Key(rate, 50)] = Percentile.Of(latencies, 0.5);
            measures[Key(rate, 99)] = Percentile.Of(latencies, 0.99);
            if (closed.Count > 0)
                measures[string.Create(CultureInfo.InvariantCulture, $"not told at {rate}/s")] = closed.Count;
        }

        return measures;
    }
}

/// <summary>The same within the watcher: from the reading of the kernel's event to the committed transaction.</summary>
internal sealed class LatencyInside : Scenario
{
    private const string WatchPhoto = "WatchPhoto watcher";
    private static readonly int[] Rates = [1, 100, 1000];

    public override string Name => "latency-inside";

    public override string Title => "The kernel's event is read, and the change is in the outbox";

    public override string Measure => Key(100, 50);

    public override IReadOnlyList<Target> Targets => [.. Rates.Select(rate => new Target(WatchPhoto, Key(rate, 50), 2))];

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
                measures[Key(rate, 50)] = Percentile.Of(durations, 0.5);
                measures[Key(rate, 99)] = Percentile.Of(durations, 0.99);
            }

            await watcher.EndAsync();
            return measures;
        }),
    ]);

    private static string Key(int rate, int percent) => string.Create(CultureInfo.InvariantCulture, $"p{percent} ms at {rate}/s");
}
