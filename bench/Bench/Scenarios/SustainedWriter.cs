using System.Diagnostics;
using System.Globalization;
using WatchPhoto.Bench.Measuring;
using WatchPhoto.Bench.Roles;

namespace WatchPhoto.Bench.Scenarios;

/// <summary>One program writes files as fast as it can: who misses some, and who is right how soon after the last.</summary>
internal sealed class SustainedWriter : Scenario
{
    private const string Nobody = "nobody watches";
    private const string WatchPhoto = "WatchPhoto standalone";
    private const string WriterSeconds = "writer s";
    private const string Converged = "right after s";
    private const string Missed = "missed";
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(2);

    public override string Name => "writer";

    public override string Title => "One writer, as fast as it can";

    public override string Measure => Converged;

    public override IReadOnlyList<Target> Targets =>
        [new(WatchPhoto, Missed, 0), new(WatchPhoto, Converged, 1.0, Nobody, WriterSeconds)];

    public override Task<IReadOnlyList<Contender>> PrepareAsync(Workshop workshop)
    {
        int files = workshop.Scaled(200_000);
        return Task.FromResult<IReadOnlyList<Contender>>(
        [
            new(Nobody, _ => Task.FromResult(Write(Ready(workshop, files), files).Measures)),
            new(WatchPhoto, async _ =>
            {
                string directory = Ready(workshop, files);
                await using var run = new StandaloneRun(workshop, directory, workshop.NewDirectory("catalog"));
                run.Complete();
                var (measures, end) = Write(directory, files);
                const string There = "FROM register WHERE digest IS NOT NULL";
                long right = run.WaitUntil(
                    string.Create(CultureInfo.InvariantCulture, $"SELECT count(*) {There} AND library = (SELECT id FROM library) AND path = '{(files - 1) / WriterRole.FilesADirectory:0000}/w{files - 1:000000}.jpg'"),
                    $"SELECT count(*) {There}", files);
                measures[Converged] = Stopwatch.GetElapsedTime(end, right).TotalSeconds;
                measures[Missed] = 0;
                measures["files/s"] = files / (measures[WriterSeconds] + measures[Converged]);
                measures[Measures.Cpu] = run.Process.Cpu.TotalSeconds;
                return measures;
            }),
            new("inotifywait", async _ =>
            {
                string directory = Ready(workshop, files);
                using var command = Peers.Inotifywait(directory);
                var (measures, end) = Write(directory, files);
                var told = new HashSet<string>();
                long last = end;
                for (long heard = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(heard) < Silence; Thread.Sleep(10))
                {
                    foreach (var (line, at) in command.TakeLines())
                    {
                        if (line.StartsWith('/') && told.Add(line))
                            (last, heard) = (at, Stopwatch.GetTimestamp());
                    }
                }

                Tell(measures, files, told.Count, end, last);
                measures[Measures.Cpu] = command.Cpu.TotalSeconds;
                await command.EndAsync();
                return measures;
            }),
            new("FileSystemWatcher (.NET)", async _ =>
            {
                string directory = Ready(workshop, files);
                using var command = Command.Start(FileSystemWatcherRole.Command(directory));
                command.Expect("ready");
                var (measures, end) = Write(directory, files);
                string[] told;
                do
                {
                    Thread.Sleep(Silence);
                    command.Say("");
                    told = command.Expect("told").Text.Split(' ');
                }
                while (Stopwatch.GetElapsedTime(long.Parse(told[3], CultureInfo.InvariantCulture)) < Silence);

                Tell(measures, files, int.Parse(told[1], CultureInfo.InvariantCulture), end, long.Parse(told[3], CultureInfo.InvariantCulture));
                measures[Measures.Cpu] = command.Cpu.TotalSeconds;
                await command.EndAsync();
                return measures;
            }),
        ]);
    }

    private static string Ready(Workshop workshop, int files)
    {
        string directory = workshop.NewDirectory("photos");
        WriterRole.MakeDirectories(directory, files);
        return directory;
    }

    private static (Measures Measures, long End) Write(string directory, int files)
    {
        using var writer = Command.Start(WriterRole.Command(directory, "w", files));
        var fields = writer.Expect("written").Text.Split(' ');
        long start = long.Parse(fields[1], CultureInfo.InvariantCulture), end = long.Parse(fields[2], CultureInfo.InvariantCulture);
        return (new Measures { [WriterSeconds] = Stopwatch.GetElapsedTime(start, end).TotalSeconds }, end);
    }

    private static void Tell(Measures measures, int files, int told, long end, long last)
    {
        measures[Missed] = files - told;
        // What was missed is never made up for.
        if (told == files)
            measures[Converged] = Math.Max(0, (last - end) / (double)Stopwatch.Frequency);
    }
}
