using WatchPhoto.Bench.Measuring;

namespace WatchPhoto.Bench.Scenarios;

/// <summary>The programs that others would use.</summary>
internal static class Peers
{
    /// <summary>Every name with size and time: what any program that walks the tree must do at least.</summary>
    public static Task<Measures> FindAsync(Tree tree) =>
        Command.RunAsync("sh", "-c", "exec find \"$0\" -printf '%p %s %T@\\n' > /dev/null", tree.Root);

    /// <summary>inotifywait on a directory and all below, once it is watching.</summary>
    public static Command Inotifywait(string directory)
    {
        var command = Command.Start(["sh", "-c",
            "exec inotifywait --monitor --recursive --event close_write --event moved_to --format '%w%f' \"$0\" 2>&1", directory]);
        command.Expect("Watches established");
        return command;
    }
}

/// <summary>Watchman with a server of its own.</summary>
internal sealed class Watchman4 : IDisposable
{
    private readonly string _directory;

    public Watchman4(string directory)
    {
        _directory = directory;
        Server = Command.Start(["watchman", .. Options, "--foreground", "--logfile", $"{directory}/log"], Environment);
    }

    public Command Server { get; }

    private string[] Options => ["--sockname", $"{_directory}/sock", "--statefile", $"{_directory}/state", "--pidfile", $"{_directory}/pid"];

    private Dictionary<string, string> Environment => new() { ["HOME"] = _directory, ["WATCHMAN_NO_SPAWN"] = "1" };

    /// <summary>From the start of the server to the answer about the whole tree.</summary>
    public static async Task<Measures> CrawlAsync(Tree tree, string directory)
    {
        using var watchman = new Watchman4(directory);
        watchman.Ask("watch", tree.Root);
        watchman.Ask("find", tree.Root, "name.jpg");
        var cost = watchman.Server.Cost();
        await watchman.Server.EndAsync();
        return cost;
    }

    /// <summary>Asks the server once it answers; the answer is thrown away.</summary>
    public void Ask(params string[] question)
    {
        while (!File.Exists($"{_directory}/sock"))
        {
            if (Server.HasEnded)
                throw new InvalidOperationException($"Watchman does not run: {File.ReadAllText($"{_directory}/log")}");
            Thread.Sleep(1);
        }

        using var client = Command.Start(["sh", "-c", "\"$@\" > /dev/null && echo answered", "sh", "watchman", .. Options, "--no-spawn", .. question], Environment);
        client.Expect("answered");
    }

    public void Dispose() => Server.Dispose();
}
