using WatchPhoto.Bench.Measuring;
using WatchPhoto.Bench.Roles;

namespace WatchPhoto.Bench.Scenarios;

/// <summary>How long a watcher that has known the tree before takes until it is watching and up to date again.</summary>
internal class Restart : Scenario
{
    private const string WatchPhoto = "WatchPhoto watcher";
    private const string Find = "find";

    public override string Name => "restart";

    public override string Title => "Restart, nothing changed";

    public override string Reference => Find;

    public override IReadOnlyList<Target> Targets => [new(WatchPhoto, Measures.Seconds, MostOfFind, Find)];

    protected virtual double MostOfFind => 1.5;

    public override async Task<IReadOnlyList<Contender>> PrepareAsync(Workshop workshop)
    {
        var tree = workshop.Tree(workshop.Files ?? 1_000_000);
        string state = workshop.NewDirectory("state");
        await WatcherRun.MeasureAsync(tree, state, WatcherRole.Drain);
        return
        [
            new(Find, _ => Peers.FindAsync(tree)),
            new(WatchPhoto, round => MeasureAsync(tree, state, round)),
        ];
    }

    protected virtual Task<Measures> MeasureAsync(Tree tree, string state, int round) => WatcherRun.MeasureAsync(tree, state);
}

/// <summary>The same after one file in a hundred was changed, moved or deleted while it was down.</summary>
internal sealed class RestartChanged : Restart
{
    public override string Name => "restart-changed";

    public override string Title => "Restart after 1 % of the files changed, moved or were deleted";

    protected override double MostOfFind => 1.7;

    protected override async Task<Measures> MeasureAsync(Tree tree, string state, int round)
    {
        int deleted = Change(tree, round);
        var cost = await WatcherRun.MeasureAsync(new Tree(tree.Root, tree.Files - deleted, tree.Directories), state);
        Restore(tree, round);
        // Told and forgotten, so that the next round finds what the first one did.
        await WatcherRun.MeasureAsync(tree, state, WatcherRole.Drain);
        return cost;
    }

    // Of every 300 files one is rewritten, one moved to another directory, one deleted.
    private static int Change(Tree tree, int round)
    {
        int deleted = 0;
        for (int i = Start(round); i + 2 < tree.Files; i += 300, deleted++)
        {
            Tree.Create(tree.File(i), 2_000_000 + round);
            File.Move(tree.File(i + 1), Moved(tree, i + 1));
            File.Delete(tree.File(i + 2));
        }

        return deleted;
    }

    private static void Restore(Tree tree, int round)
    {
        for (int i = Start(round); i + 2 < tree.Files; i += 300)
        {
            File.Move(Moved(tree, i + 1), tree.File(i + 1));
            Tree.Create(tree.File(i + 2), 2_000_000 + round);
        }
    }

    private static int Start(int round) => round * 3 % 300;

    private static string Moved(Tree tree, int file) =>
        $"{tree.Album((file + 7) % tree.Directories)}/moved {Path.GetFileName(tree.File(file))}";
}
