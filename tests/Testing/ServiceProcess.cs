using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Mono.Unix.Native;
using WatchPhoto.Hosting;

namespace WatchPhoto.Testing;

/// <summary>A service as its operator runs it: a process with variables of the environment, and signals.</summary>
public partial class ServiceProcess : IDisposable
{
    private readonly string _program;
    private readonly string _directory;
    private readonly string[] _arguments;
    private readonly Dictionary<string, string> _environment;
    private readonly ConcurrentQueue<string> _lines = new();

    // Who starts it by itself, as it ended to be started again, and who ends it take turns: nothing is started behind that.
    private readonly Lock _gate = new();
    private readonly List<Process> _former = [];
    private Process? _process;
    private int _linesBeforeStart;

    /// <param name="service">The service's directory: Watcher, Indexer, Standalone.</param>
    /// <param name="directory">Where it runs.</param>
    public ServiceProcess(
        string service, string name, string directory, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        (_program, Name, _directory, _arguments) = (ProgramOf(service), name, directory, arguments);
        _environment = new Dictionary<string, string>(environment)
        {
            ["Logging__Console__FormatterName"] = "simple",
            ["Logging__Console__FormatterOptions__SingleLine"] = "true",
            ["Logging__Console__FormatterOptions__TimestampFormat"] = "HH:mm:ss.fff ",
        };
    }

    public string Name { get; }

    /// <summary>A command that becomes the service at its end: as another user, with other limits.</summary>
    public IReadOnlyList<string> By { get; init; } = [];

    /// <summary>Called whenever it is about to be started, also by itself.</summary>
    public Action? Starting { get; init; }

    public int Id => _process!.Id;

    /// <summary>Everything it has written so far, also before it was started again.</summary>
    public IReadOnlyCollection<string> Lines => _lines;

    /// <summary>What it has written since it was last started.</summary>
    public IEnumerable<string> LinesSinceStart => _lines.Skip(_linesBeforeStart);

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Whether it ought to run: nobody here has ended it.</summary>
    public bool ShouldRun { get; private set; }

    /// <summary>Whether it has ended by itself, other than to be started again.</summary>
    public bool HasEnded => ShouldRun && _process is { HasExited: true } ended && !IsToStartAgain(ended);

    public void Set(string variable, string value) => _environment[variable] = value;

    public void Start()
    {
        Assert.False(IsRunning);
        Starting?.Invoke();
        _linesBeforeStart = _lines.Count;
        string[] command = [.. By, "dotnet", _program, .. _arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = _directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        // What says where the tests' own servers are is not for the service to find.
        foreach (var name in start.Environment.Keys.Where(name => name.Contains("__", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in _environment)
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        lock (_gate)
        {
            // Whoever looks meanwhile sees the one that was ended, or the one that runs.
            if (_process is not null)
                _former.Add(_process);
            _process = process;
            ShouldRun = true;
        }

        // As systemd, Docker and Kubernetes do.
        process.Exited += (_, _) => StartAgain(process);
        process.EnableRaisingEvents = true;
    }

    /// <summary>SIGKILL.</summary>
    public void Kill()
    {
        IsToEnd();
        _process!.Kill();
        Assert.True(_process.WaitForExit(Patience.Usual), $"{Name} does not end, although it is killed.");
        // All that it has written is read: none of it is taken for the next one's.
        _process.WaitForExit();
    }

    /// <summary>SIGSTOP.</summary>
    public void Stop() => Signal(Signum.SIGSTOP);

    public void Continue() => Signal(Signum.SIGCONT);

    /// <summary>Whether all of its threads have stopped.</summary>
    public bool IsStopped
    {
        get
        {
            try
            {
                return Directory.GetDirectories($"/proc/{Id}/task").All(task =>
                    File.ReadAllText(Path.Combine(task, "stat")) is var stat && stat[stat.LastIndexOf(')') + 2] == 'T');
            }
            catch (IOException)
            {
                // A thread has ended meanwhile.
                return false;
            }
        }
    }

    /// <summary>What it has open, by path.</summary>
    public IEnumerable<string> OpenFiles() =>
        Directory.EnumerateFileSystemEntries($"/proc/{Id}/fd").Select(descriptor => new FileInfo(descriptor).LinkTarget).OfType<string>();

    /// <summary>SIGTERM, as an operator's service manager, or SIGINT, as Ctrl-C.</summary>
    /// <returns>The exit code.</returns>
    public Task<int> TerminateAsync(Signum signal = Signum.SIGTERM)
    {
        IsToEnd();
        Signal(signal);
        return ExitAsync();
    }

    /// <summary>Waits until it has ended by itself.</summary>
    public async Task<int> ExitAsync()
    {
        IsToEnd();
        await _process!.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience.Usual);
        return _process.ExitCode;
    }

    /// <summary>Where its API is, once it listens.</summary>
    public async Task<Uri> AddressAsync(TimeSpan? deadline = null)
    {
        var address = Address;
        if (address is null)
        {
            await Wait.UntilAsync(
                [this],
                () => Task.FromResult(
                    (address = Address) is null ? $"{Name} does not tell the address of its API:\n{LastLines(40)}" : null),
                deadline);
        }

        return address!;
    }

    public Task WritesAsync(string text) =>
        Wait.UntilAsync(() => Lines.Any(line => line.Contains(text, StringComparison.Ordinal)), $"{Name} has not written '{text}'.");

    public string LastLines(int count) => $"== {Name}\n{string.Join('\n', _lines.TakeLast(count))}";

    /// <summary>Has it run, whatever a test has left that ended in the middle.</summary>
    public void Mend()
    {
        lock (_gate)
        {
            if (IsRunning)
                Continue();
            else
                Start();
        }
    }

    public void Dispose()
    {
        IsToEnd();
        if (IsRunning)
        {
            _process!.Kill();
            _process.WaitForExit(Patience.Usual);
        }

        _process?.Dispose();
        _former.ForEach(former => former.Dispose());
        if (_lines.IsEmpty)
            return;
        TestContext.Current.TestOutputHelper?.WriteLine(LastLines(200));
        GC.SuppressFinalize(this);
    }

    private Uri? Address => LinesSinceStart.Select(line => Listening().Match(line)).FirstOrDefault(match => match.Success) is { } match
        ? new Uri(match.Groups[1].Value)
        : null;

    [GeneratedRegex("(?:API|Now listening on): (http://[0-9.:]+)")]
    private static partial Regex Listening();

    private void IsToEnd()
    {
        lock (_gate)
            ShouldRun = false;
    }

    // Or it could not stop in time for that, and has killed itself.
    private static bool IsToStartAgain(Process ended) => ended.ExitCode is Service.StartAgain or 128 + (int)Signum.SIGKILL;

    private void StartAgain(Process ended)
    {
        lock (_gate)
        {
            if (!ShouldRun || ended != _process || !IsToStartAgain(ended))
                return;
            ended.WaitForExit();
            Start();
        }
    }

    private void Signal(Signum signal) => Assert.Equal(0, Syscall.kill(Id, signal));

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is not null)
            _lines.Enqueue(line.Data);
    }

    // Built as the tests that run are: services/Watcher/bin/Release/net10.0/WatchPhoto.Watcher.dll
    private static string ProgramOf(string service)
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        return Path.Combine(
            Repository.Root, "services", service, "bin", output.Parent!.Name, output.Name, $"WatchPhoto.{service}.dll");
    }
}
