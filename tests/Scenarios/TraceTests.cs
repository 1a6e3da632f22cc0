using System.Globalization;
using System.Runtime.CompilerServices;
using WatchPhoto.Scenarios.Tests.Model;

namespace WatchPhoto.Scenarios.Tests;

/// <summary>
/// 300 histories of the model make the watcher enqueue the events, and call the disk, exactly as when traces.txt was written. So a
/// change of the watcher's inside shows whether it changes what the watcher does. After a change that is meant to,
/// WATCHPHOTO_TRACE=write writes the file anew; WATCHPHOTO_TRACE=DIRECTORY writes each history's trace there, to be compared.
/// </summary>
public sealed class TraceTests
{
    private const int Histories = 300;
    private const int Operations = 150;
    private const string Write = "write";

    [Fact]
    public void A_history_makes_the_watcher_do_what_it_did()
    {
        string? wish = Environment.GetEnvironmentVariable("WATCHPHOTO_TRACE");
        string directory = wish is null or "" or Write ? "" : wish;
        var lines = new List<string>();
        for (int seed = 1; seed <= Histories; seed++)
        {
            string name = seed.ToString("000", CultureInfo.InvariantCulture);
            using var trace = new Trace(directory.Length == 0 ? null : Path.Combine(directory, name));
            using var history = new ModelHistory(seed) { Trace = trace };
            history.Run(Operations);
            lines.Add($"{name} {trace}");
        }

        if (wish == Write)
            File.WriteAllLines(Golden(), lines);
        string[] golden = File.ReadAllLines(Golden());
        Assert.Equal(Histories, golden.Length);
        var different = golden.Zip(lines).Where(pair => pair.First != pair.Second).ToList();
        Assert.True(different.Count == 0,
            $"{different.Count} of {Histories} histories are others (seed, events, calls of the disk):\n"
            + string.Join('\n', different.Take(20).Select(pair => $"{pair.First} was, {pair.Second} is")));
    }

    // Beside this file, where it is compared with the commit before.
    private static string Golden([CallerFilePath] string test = "") => Path.Combine(Path.GetDirectoryName(test)!, "Model", "traces.txt");
}
