using System.Globalization;
using WatchPhoto.Testing;

namespace WatchPhoto.Bench.Measuring;

/// <summary>Where a run takes place: its directory, its trees, its sizes, and the programs that are measured.</summary>
internal sealed class Workshop : IAsyncDisposable
{
    private readonly string _directory;
    private readonly Stack<string> _made = new();
    private int _named;
    private RunningServers? _servers;

    /// <param name="parent">Gets a directory that goes when the run ends.</param>
    /// <param name="files">Null: as many as each scenario is about.</param>
    public Workshop(string parent, int rounds, int? files)
    {
        (Rounds, Files) = (rounds, files);
        _directory = Directory.CreateDirectory(Path.Combine(parent, $"watchphoto-bench-{Environment.ProcessId}")).FullName;
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        Repository = output.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;
    }

    public int Rounds { get; }

    public int? Files { get; }

    public string Repository { get; }

    /// <summary>A size of a scenario, smaller in the same proportion as the whole run.</summary>
    /// <param name="size">In a run of 1,000,000 files.</param>
    public int Scaled(int size) => Files is { } files ? (int)Math.Max(1, (long)size * files / 1_000_000) : size;

    /// <summary>The tree of so many files in a hundredth as many directories, made once a run.</summary>
    public Tree Tree(int files, int? directories = null)
    {
        int spread = directories ?? Math.Max(1, files / 100);
        var tree = new Tree(Path.Combine(_directory, "trees", string.Create(CultureInfo.InvariantCulture, $"{files}-in-{spread}")), files, spread);
        if (!Directory.Exists(tree.Root))
            tree.Make();
        return tree;
    }

    public string NewDirectory(string name)
    {
        _made.Push(Directory.CreateDirectory(Path.Combine(_directory, $"{name}-{++_named}")).FullName);
        return _made.Peek();
    }

    /// <summary>Does something, and removes the directories that were made for it.</summary>
    public async Task<T> TidyAsync<T>(Func<Task<T>> work)
    {
        int before = _made.Count;
        var result = await work();
        while (_made.Count > before)
            Directory.Delete(_made.Pop(), recursive: true);
        return result;
    }

    /// <summary>The command of a service as it is built in this repository.</summary>
    public string[] Service(string name, params string[] arguments) =>
        ["dotnet", Path.Combine(Repository, "services", name, "bin", "Release", "net10.0", $"WatchPhoto.{name}.dll"), .. arguments];

    /// <summary>The command of this program in another role.</summary>
    public static string[] Role(string role, params string[] arguments) =>
        ["dotnet", Path.Combine(AppContext.BaseDirectory, "WatchPhoto.Bench.dll"), "role", role, .. arguments];

    /// <summary>RabbitMQ and MongoDB, chosen as by test.sh and started when a scenario first asks for them.</summary>
    public async Task<RunningServers> ServersAsync() => _servers ??= await TestServers.StartOwnAsync();

    public async ValueTask DisposeAsync()
    {
        Command.EndAll();
        if (_servers is not null)
            await _servers.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
