using System.Globalization;
using WatchPhoto.Bench.Measuring;

namespace WatchPhoto.Bench.Scenarios;

/// <summary>What watching costs while nothing happens. All watch the same tree at the same time, and are looked at in turn.</summary>
internal sealed class Idle : Scenario
{
    private const string WatchPhoto = "WatchPhoto watcher";
    private const string Watchman = "watchman";
    private const string Chokidar = "chokidar";
    private const string CpuShare = "CPU %";
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(20);
    // What the runtime still compiles of a program that has just started is not what it costs from then on.
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(2);

    private readonly bool _large;
    private readonly List<Command> _running = [];
    private Watchman4? _watchman;

    /// <param name="large">A tree of 1,000,000 files in 10,000 directories, else of 200,000 in 5,000.</param>
    public Idle(bool large) => _large = large;

    public override string Name => _large ? "idle" : "idle-200k";

    public override string Title => _large ? "Nothing happens in 10,000 directories with 1,000,000 files" : "Nothing happens in 5,000 directories with 200,000 files";

    public override string Measure => Measures.Memory;

    public override IReadOnlyList<Target> Targets =>
    [
        new(WatchPhoto, Measures.Memory, _large ? 120 : 100),
        new(WatchPhoto, CpuShare, 0.5),
        new(WatchPhoto, Measures.Memory, 1.0, Watchman),
        new(WatchPhoto, Measures.Memory, 1.0, Chokidar),
    ];

    public override async Task<IReadOnlyList<Contender>> PrepareAsync(Workshop workshop)
    {
        int files = workshop.Scaled(_large ? 1_000_000 : 200_000), directories = workshop.Scaled(_large ? 10_000 : 5_000);
        var tree = workshop.Tree(files, directories);
        var watcher = await WatcherOnBroker.StartAsync(workshop, tree);
        _running.Add(watcher);
        _watchman = new Watchman4(workshop.NewDirectory("watchman"));
        _watchman.Ask("watch", tree.Root);
        _watchman.Ask("find", tree.Root, "name.jpg");
        var contenders = new List<Contender> { Of(WatchPhoto, watcher), Of(Watchman, _watchman.Server) };

        var chokidar = Command.Start(["node", Path.Combine(workshop.Repository, "bench", "peers", "idle.mjs"), tree.Root]);
        _running.Add(chokidar);
        string said = chokidar.Expect("chokidar", TimeSpan.FromMinutes(15)).Text;
        // It may have run out of watches: then it watches part of the tree, and says so.
        Console.Error.WriteLine($"{Name}: {said}");
        contenders.Add(Of(Chokidar, chokidar));
        await Task.Delay(Settling);
        return contenders;
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var command in _running)
        {
            await command.EndAsync();
            command.Dispose();
        }

        if (_watchman is not null)
        {
            await _watchman.Server.EndAsync();
            _watchman.Dispose();
        }

        await base.DisposeAsync();
    }

    private static Contender Of(string name, Command command) => new(name, async _ =>
    {
        var before = command.Cpu;
        await Task.Delay(Window);
        int watches = command.Watches;
        return new Measures
        {
            [Measures.Memory] = command.Memory,
            [CpuShare] = (command.Cpu - before) / Window * 100,
            ["watches"] = watches,
            ["kernel MB"] = watches * (double)KernelMemory.PerWatch / 1024 / 1024,
        };
    });
}

/// <summary>What the kernel keeps for a watch, beside the inode that it pins.</summary>
internal static class KernelMemory
{
    /// <summary>Bytes; by the kernel's own account where it may be read.</summary>
    public static int PerWatch { get; } = Read() ?? 80;

    private static int? Read()
    {
        try
        {
            var line = File.ReadLines("/proc/slabinfo").FirstOrDefault(line => line.StartsWith("inotify_inode_mark", StringComparison.Ordinal));
            return line is null ? null : int.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[3], CultureInfo.InvariantCulture);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
