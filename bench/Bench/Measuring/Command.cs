using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Mono.Unix;
using Mono.Unix.Native;

namespace WatchPhoto.Bench.Measuring;

/// <summary>A contender's process: how long it takes, what it says and when, what it costs.</summary>
internal sealed partial class Command : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);
    private static readonly ConcurrentDictionary<Command, bool> s_running = new();

    private readonly Process _process;
    private readonly BlockingCollection<(string Text, long At)> _lines = [];
    private readonly List<string> _passed = [];
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly long _started;
    private readonly TimeSpan _childrenBefore;
    private long _highest;

    private Command(IReadOnlyList<string> command, IReadOnlyDictionary<string, string>? environment, bool keepsOutput)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        _childrenBefore = ChildrenCpu();
        _started = Stopwatch.GetTimestamp();
        _process = Process.Start(start)!;
        s_running[this] = true;
        _process.ErrorDataReceived += (_, line) => _errors.Enqueue(line.Data ?? "");
        _process.BeginErrorReadLine();
        if (!keepsOutput)
            return;
        var output = _process.StandardOutput;
        new Thread(() => Read(output)) { IsBackground = true }.Start();
    }

    public int Id => _process.Id;

    public bool HasEnded => _process.HasExited;

    /// <exception cref="InvalidOperationException">It has ended, and what is waited for will not come.</exception>
    public void MustRun()
    {
        if (HasEnded)
            throw new InvalidOperationException($"{Name} has ended. {LastErrors}");
    }

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_started);

    public TimeSpan Since(long timestamp) => Stopwatch.GetElapsedTime(_started, timestamp);

    /// <summary>What it said and was not asked for yet.</summary>
    public IEnumerable<(string Text, long At)> TakeLines()
    {
        while (_lines.TryTake(out var line))
            yield return line;
    }

    /// <summary>What it said before the lines that were waited for.</summary>
    public IReadOnlyList<string> Passed => _passed;

    public static Command Start(IReadOnlyList<string> command, IReadOnlyDictionary<string, string>? environment = null) =>
        new(command, environment, keepsOutput: true);

    /// <summary>Runs it to its end; what it says is thrown away.</summary>
    public static async Task<Measures> RunAsync(params string[] command)
    {
        using var run = new Command(command, environment: null, keepsOutput: false);
        // Into nothing, at the cost of one read: a pipe that nobody empties would stop it.
        var output = run._process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        while (!run._process.HasExited)
        {
            run.LookAtMemory();
            await Task.WhenAny(run._process.WaitForExitAsync(), Task.Delay(10));
        }

        var elapsed = run.Elapsed;
        await output;
        run.Succeeded();
        return new Measures
        {
            [Measures.Seconds] = elapsed.TotalSeconds,
            [Measures.Cpu] = (ChildrenCpu() - run._childrenBefore).TotalSeconds,
            [Measures.Memory] = run._highest / 1024.0,
        };
    }

    /// <summary>Waits for a line that says so.</summary>
    public (string Text, long At) Expect(string text, TimeSpan? patience = null)
    {
        using var enough = new CancellationTokenSource(patience ?? Patience);
        try
        {
            while (true)
            {
                var line = _lines.Take(enough.Token);
                if (line.Text.Contains(text, StringComparison.Ordinal))
                    return line;
                _passed.Add(line.Text);
            }
        }
        catch (Exception exception) when (exception is InvalidOperationException or OperationCanceledException)
        {
            throw new InvalidOperationException($"{Name} has not said '{text}'. {LastErrors}");
        }
    }

    private string Name => $"{_process.StartInfo.FileName} {string.Join(' ', _process.StartInfo.ArgumentList)}";

    private string LastErrors => string.Join('\n', _errors.TakeLast(20));

    public void Say(string line) => _process.StandardInput.WriteLine(line);

    /// <summary>What it has cost so far, this long after its start.</summary>
    public Measures Cost(long? at = null) => new()
    {
        [Measures.Seconds] = at is { } timestamp ? Since(timestamp).TotalSeconds : Elapsed.TotalSeconds,
        [Measures.Cpu] = Cpu.TotalSeconds,
        [Measures.Memory] = HighestMemory,
    };

    /// <summary>Time on a processor, of all threads it has or had.</summary>
    public TimeSpan Cpu
    {
        get
        {
            // The clock of another process: MAKE_PROCESS_CPUCLOCK of linux/posix-timers_types.h.
            UnixMarshal.ThrowExceptionForLastErrorIf(clock_gettime((~Id << 3) | 2, out var time));
            return TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromTicks(time.Nanoseconds / 100);
        }
    }

    /// <summary>MB.</summary>
    public double HighestMemory => Status("VmHWM:") / 1024.0;

    /// <summary>MB.</summary>
    public double Memory => Status("VmRSS:") / 1024.0;

    /// <summary>The kernel's watches that it holds.</summary>
    public int Watches => Directory.EnumerateFiles($"/proc/{Id}/fdinfo")
        .Sum(file => File.ReadLines(file).Count(line => line.StartsWith("inotify wd:", StringComparison.Ordinal)));

    /// <summary>SIGTERM, and waits.</summary>
    public async Task EndAsync()
    {
        _ = Syscall.kill(Id, Signum.SIGTERM);
        await _process.WaitForExitAsync().WaitAsync(Patience);
    }

    /// <summary>Ends what is left of a run that failed.</summary>
    public static void EndAll()
    {
        foreach (var command in s_running.Keys)
            command.Dispose();
    }

    public void Dispose()
    {
        if (!s_running.TryRemove(this, out _))
            return;
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        // The lines stay: the thread that adds them may be at the last.
        _process.Dispose();
    }

    private void Succeeded()
    {
        if (_process.ExitCode != 0)
            throw new InvalidOperationException($"{_process.StartInfo.FileName} ended with {_process.ExitCode}. {string.Join('\n', _errors)}");
    }

    // A thread of its own: the moment a line arrives is a measurement.
    private void Read(StreamReader output)
    {
        while (output.ReadLine() is { } line)
            _lines.Add((line, Stopwatch.GetTimestamp()));
        _lines.CompleteAdding();
    }

    private void LookAtMemory()
    {
        try
        {
            _highest = Math.Max(_highest, Status("VmHWM:"));
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException)
        {
            // It has ended just now.
        }
    }

    // kB
    private long Status(string field) => long.Parse(
        File.ReadLines($"/proc/{Id}/status").First(line => line.StartsWith(field, StringComparison.Ordinal))
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

    // Of children that have ended: those of one command at a time.
    private static TimeSpan ChildrenCpu()
    {
        var usage = new Usage();
        _ = getrusage(-1, ref usage); // RUSAGE_CHILDREN
        return TimeSpan.FromSeconds(usage.UserSeconds + usage.SystemSeconds)
            + TimeSpan.FromMicroseconds(usage.UserMicroseconds + usage.SystemMicroseconds);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int clock_gettime(int clock, out Time time);

    [LibraryImport("libc")]
    private static partial int getrusage(int who, ref Usage usage);

    /// <summary><c>struct timespec</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Time
    {
        public long Seconds;
        public long Nanoseconds;
    }

    /// <summary><c>struct rusage</c>, its times.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 144)]
    private struct Usage
    {
        public long UserSeconds;
        public long UserMicroseconds;
        public long SystemSeconds;
        public long SystemMicroseconds;
    }
}
