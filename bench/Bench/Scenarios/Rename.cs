using System.Diagnostics;
using System.Globalization;
using Mono.Unix.Native;
using WatchPhoto.Bench.Measuring;
using WatchPhoto.Bench.Roles;

namespace WatchPhoto.Bench.Scenarios;

/// <summary>A directory full of photos gets another name: until the catalog is right.</summary>
internal sealed class Rename : Scenario
{
    private const string WatchPhoto = "WatchPhoto standalone";
    private const string Bare = "catalog alone";

    public override string Name => "rename";

    public override string Title => "A directory of 100,000 photos is renamed";

    public override string Reference => Bare;

    public override IReadOnlyList<Target> Targets => [new(WatchPhoto, Measures.Seconds, 1.5, Bare)];

    public override Task<IReadOnlyList<Contender>> PrepareAsync(Workshop workshop)
    {
        int files = workshop.Scaled(100_000);
        return Task.FromResult<IReadOnlyList<Contender>>(
        [
            new(Bare, _ =>
            {
                using var bare = Command.Start(BareRenameRole.Command(files, workshop.NewDirectory("bare")));
                double seconds = double.Parse(bare.Expect("applied").Text.Split(' ')[1], CultureInfo.InvariantCulture);
                return Task.FromResult(new Measures { [Measures.Seconds] = seconds });
            }),
            new(WatchPhoto, async _ =>
            {
                string root = workshop.NewDirectory("photos");
                Directory.CreateDirectory($"{root}/before");
                for (int i = 0; i < files; i++)
                    Tree.Create(string.Create(CultureInfo.InvariantCulture, $"{root}/before/IMG_{i:000000}.jpg"), i);
                await using var run = new StandaloneRun(workshop, root, workshop.NewDirectory("catalog"));
                run.Complete();
                // What was made for the measure is not to be written during it.
                _ = Syscall.sync();
                var before = run.Process.Cpu;
                long start = Stopwatch.GetTimestamp();
                Directory.Move($"{root}/before", $"{root}/after");
                const string Now = "FROM register WHERE library = (SELECT id FROM library) AND digest IS NOT NULL AND path >= 'after/' AND path < 'after0'";
                long right = run.WaitUntil(
                    string.Create(CultureInfo.InvariantCulture, $"SELECT count(*) {Now} AND path = 'after/IMG_{files - 1:000000}.jpg'"),
                    $"SELECT (SELECT count(*) {Now}) - (SELECT count(*) FROM register WHERE digest IS NOT NULL AND path < 'after/' OR digest IS NOT NULL AND path >= 'after0')", files);
                return new Measures
                {
                    [Measures.Seconds] = Stopwatch.GetElapsedTime(start, right).TotalSeconds,
                    [Measures.Cpu] = (run.Process.Cpu - before).TotalSeconds,
                };
            }),
        ]);
    }
}
