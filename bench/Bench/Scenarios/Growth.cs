using System.Globalization;
using WatchPhoto.Bench.Measuring;

namespace WatchPhoto.Bench.Scenarios;

/// <summary>Whether time and memory for each file stay the same as trees grow: first scans of trees of several sizes.</summary>
internal sealed class Growth : Scenario
{
    private const string PerFile = "us a file";
    private const string MemoryPerFile = "RSS bytes a file";

    private readonly bool _large;
    private int[] _sizes = [];

    /// <param name="large">Up to 5,000,000 files, once; else to 1,000,000.</param>
    public Growth(bool large) => _large = large;

    public override string Name => _large ? "growth-5m" : "growth";

    public override string Title => _large ? "First scan of 5,000,000 files" : "First scan of trees of several sizes";

    public override int? Rounds => _large ? 1 : null;

    public override string Measure => PerFile;

    public override string Reference => Label(_sizes[1]);

    public override IReadOnlyList<Target> Targets =>
        [.. _sizes.Skip(2).SelectMany(size => new Target[] { new(Label(size), PerFile, 1.3, Label(_sizes[1])), new(Label(size), MemoryPerFile, 1.3, Label(_sizes[1])) })];

    public override Task<IReadOnlyList<Contender>> PrepareAsync(Workshop workshop)
    {
        _sizes = _large
            ? [workshop.Scaled(100_000), workshop.Scaled(1_000_000), workshop.Scaled(5_000_000)]
            : [workshop.Scaled(10_000), workshop.Scaled(100_000), workshop.Scaled(1_000_000)];
        return Task.FromResult<IReadOnlyList<Contender>>([.. _sizes.Select(size => new Contender(Label(size), async _ =>
        {
            var tree = workshop.Tree(size);
            var cost = await WatcherRun.MeasureAsync(tree, workshop.NewDirectory("state"));
            cost[PerFile] = cost[Measures.Seconds] * 1e6 / size;
            cost[MemoryPerFile] = cost[Measures.Memory] * 1024 * 1024 / size;
            return cost;
        }))]);
    }

    private static string Label(int size) => size.ToString("N0", CultureInfo.InvariantCulture) + " files";
}
