using WatchPhoto.Bench.Measuring;

namespace WatchPhoto.Bench.Scenarios;

/// <summary>How long until all of a tree that was never seen before is known.</summary>
internal sealed class FirstScan : Scenario
{
    private const string WatchPhoto = "WatchPhoto watcher";
    private const string Find = "find";
    private const string Updatedb = "updatedb (plocate)";
    private const string Watchman = "watchman";

    public override string Name => "first-scan";

    public override string Title => "First scan";

    public override string Reference => Find;

    public override IReadOnlyList<Target> Targets =>
    [
        new(WatchPhoto, Measures.Seconds, 3.0, Find),
        new(WatchPhoto, Measures.Seconds, 1.0, Updatedb),
        new(WatchPhoto, Measures.Seconds, 1.0, Watchman),
    ];

    public override Task<IReadOnlyList<Contender>> PrepareAsync(Workshop workshop)
    {
        var tree = workshop.Tree(workshop.Files ?? 1_000_000);
        return Task.FromResult<IReadOnlyList<Contender>>(
        [
            new(Find, _ => Peers.FindAsync(tree)),
            new(WatchPhoto, _ => WatcherRun.MeasureAsync(tree, workshop.NewDirectory("state"))),
            new(Updatedb, _ => Command.RunAsync(
                "updatedb", "--require-visibility", "no", "--prunepaths", "", "--prunefs", "", "--prunenames", "", "--prune-bind-mounts", "no",
                "--database-root", tree.Root, "--output", Path.Combine(workshop.NewDirectory("updatedb"), "db"))),
            new(Watchman, _ => Watchman4.CrawlAsync(tree, workshop.NewDirectory("watchman"))),
        ]);
    }
}
