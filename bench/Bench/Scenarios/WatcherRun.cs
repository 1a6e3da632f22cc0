using System.Globalization;
using WatchPhoto.Bench.Measuring;
using WatchPhoto.Bench.Roles;

namespace WatchPhoto.Bench.Scenarios;

/// <summary>The watcher alone, from its start until it is watching and up to date.</summary>
internal static class WatcherRun
{
    public static async Task<Measures> MeasureAsync(Tree tree, string state, params string[] options)
    {
        using var watcher = Start(tree, state, options);
        var cost = Ready(watcher, tree);
        await watcher.EndAsync();
        return cost;
    }

    public static Command Start(Tree tree, string state, params string[] options) =>
        Command.Start(WatcherRole.Command(tree.Root, state, options));

    /// <summary>Waits until it is, and says what that took.</summary>
    public static Measures Ready(Command watcher, Tree tree)
    {
        var (text, at) = watcher.Expect("ready");
        var cost = watcher.Cost(at);
        long entries = long.Parse(text.Split(' ')[1], CultureInfo.InvariantCulture);
        if (entries != tree.Files)
            throw new InvalidOperationException($"The watcher knows {entries} files of {tree.Files}.");
        return cost;
    }
}
