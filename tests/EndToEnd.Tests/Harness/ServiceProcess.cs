using System.Collections.Concurrent;
using System.Diagnostics;
using Mono.Unix.Native;
using WatchPhoto.Bus;

namespace WatchPhoto.EndToEnd.Tests.Harness;

/// <summary>A service as its operator runs it: a process with variables of the environment, and signals.</summary>
internal class ServiceProcess : IDisposable
{
    private readonly string _program;
    private readonly string _directory;
    private readonly string[] _arguments;
    private readonly Dictionary<string, string> _environment;
    private readonly ConcurrentQueue<string> _lines = new();
    private Process? _process;

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

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Whether it ought to run: nobody here has ended it.</summary>
    public bool ShouldRun { get; private set; }

    /// <summary>Whether it has ended by itself, other than to be started again.</summary>
    public bool HasEnded => ShouldRun && _process is { HasExited: true, ExitCode: not Service.StartAgain };

    public void Set(string variable, string value) => _environment[variable] = value;

    public virtual void Start()
    {
        Assert.False(IsRunning);
        Starting?.Invoke();
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
        // Whoever looks meanwhile sees the one that was ended, or the one that runs.
        var before = _process;
        _process = Process.Start(start)!;
        ShouldRun = true;
        before?.Dispose();
        // As systemd, Docker and Kubernetes do.
        _process.EnableRaisingEvents = true;
        _process.Exited += (ended, _) =>
        {
            if (ShouldRun && ended == _process && _process.ExitCode == Service.StartAgain)
                Start();
        };
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>SIGKILL.</summary>
    public void Kill()
    {
        ShouldRun = false;
        _process!.Kill();
        Assert.True(_process.WaitForExit(Wait.Patience));
    }

    /// <summary>SIGSTOP.</summary>
    public void Stop() => Signal(Signum.SIGSTOP);

    public void Continue() => Signal(Signum.SIGCONT);

    /// <summary>SIGTERM, as an operator's service manager, or SIGINT, as Ctrl-C.</summary>
    /// <returns>The exit code.</returns>
    public Task<int> TerminateAsync(Signum signal = Signum.SIGTERM)
    {
        ShouldRun = false;
        Signal(signal);
        return ExitAsync();
    }

    /// <summary>Waits until it has ended by itself.</summary>
    public async Task<int> ExitAsync()
    {
        ShouldRun = false;
        await _process!.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Wait.Patience);
        return _process.ExitCode;
    }

    public Task WritesAsync(string text) =>
        Wait.UntilAsync(() => Lines.Any(line => line.Contains(text, StringComparison.Ordinal)), $"{Name} has not written '{text}'.");

    public string LastLines(int count) => $"== {Name}\n{string.Join('\n', _lines.TakeLast(count))}";

    public void Dispose()
    {
        ShouldRun = false;
        if (IsRunning)
            Kill();
        _process?.Dispose();
        if (_lines.IsEmpty)
            return;
        TestContext.Current.TestOutputHelper?.WriteLine(LastLines(200));
        GC.SuppressFinalize(this);
    }

    private void Signal(Signum signal) => Assert.Equal(0, Syscall.kill(Id, signal));

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is not null)
            _lines.Enqueue(line.Data);
    }

    // Beside these tests, and built as they are: services/Watcher/bin/Release/net10.0/WatchPhoto.Watcher.dll
    private static string ProgramOf(string service)
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        var root = output.Parent!.Parent!.Parent!.Parent!.Parent!;
        return Path.Combine(root.FullName, "services", service, "bin", output.Parent.Name, output.Name, $"WatchPhoto.{service}.dll");
    }
}
