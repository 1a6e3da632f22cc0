using System.Globalization;
using WatchPhoto.Bench.Measuring;
using WatchPhoto.Bench.Roles;

namespace WatchPhoto.Bench.Scenarios;

/// <summary>A tree never seen before, from the disk to a complete catalog in one process.</summary>
internal sealed class Import : Scenario
{
    private const string WatchPhoto = "WatchPhoto standalone";
    private const string Bare = "find + bare insert";
    private const string Rate = "files/s";

    public override string Name => "import";

    public override string Title => "Import into the catalog, standalone";

    public override string Measure => Rate;

    public override string Reference => Bare;

    public override IReadOnlyList<Target> Targets =>
        [new(WatchPhoto, Rate, 0.6, Bare, AtLeast: true), new(WatchPhoto, Rate, 40_000, AtLeast: true)];

    public override async Task<IReadOnlyList<Contender>> PrepareAsync(Workshop workshop)
    {
        var tree = workshop.Tree(workshop.Files ?? 1_000_000);
        string model = workshop.NewDirectory("catalog");
        await ImportAsync(workshop, tree, model);
        return
        [
            new(Bare, async _ =>
            {
                var cost = await Peers.FindAsync(tree);
                using var insert = Command.Start(BareInsertRole.Command(Path.Combine(model, "catalog.db"), workshop.NewDirectory("bare")));
                var fields = insert.Expect("inserted").Text.Split(' ');
                // Whichever way is the faster one.
                double seconds = fields[2..].Min(field => double.Parse(field, CultureInfo.InvariantCulture));
                return new Measures { [Rate] = tree.Files / (cost[Measures.Seconds] + seconds), [Measures.Seconds] = cost[Measures.Seconds] + seconds };
            }),
            new(WatchPhoto, _ => ImportAsync(workshop, tree, workshop.NewDirectory("catalog"))),
        ];
    }

    private static async Task<Measures> ImportAsync(Workshop workshop, Tree tree, string data)
    {
        await using var run = new StandaloneRun(workshop, tree.Root, data);
        var cost = run.Process.Cost(run.Complete());
        if (run.Number("SELECT count(*) FROM register WHERE digest IS NOT NULL") is var photos && photos != tree.Files)
            throw new InvalidOperationException($"The catalog holds {photos} photos of {tree.Files}.");
        cost[Rate] = tree.Files / cost[Measures.Seconds];
        return cost;
    }
}
