using System.Globalization;

namespace WatchPhoto.Testing;

/// <summary>
/// How long threads of some processes were ready to run and no processor was free, from its creation on: a promise of seconds does
/// not count those. The kernel counts for each thread, and forgets a thread that ends with all it has waited. So all are looked at
/// again and again, and what was seen of a thread is kept.
/// </summary>
public sealed class RunQueue : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private readonly int[] _processes;
    private readonly Timer _looking;
    // Nanoseconds by the thread's directory; those of a thread that has ended stay as they were last seen.
    private readonly Dictionary<string, long> _seen = [];
    private long _waited;

    public RunQueue(params IEnumerable<int> processes)
    {
        _processes = [.. processes];
        Look();
        // What was before this does not count.
        _waited = 0;
        _looking = new Timer(_ => Look(), null, Interval, Interval);
    }

    /// <summary>Added up over all threads so far. What a thread waited after it was last looked at, before it ended, is missing.</summary>
    public TimeSpan Waited
    {
        get
        {
            Look();
            lock (_gate)
                return TimeSpan.FromMicroseconds(_waited / 1000);
        }
    }

    public void Dispose() => _looking.Dispose();

    private void Look()
    {
        lock (_gate)
        {
            foreach (string thread in _processes.SelectMany(ThreadsOf))
            {
                long now = NanosecondsOf(thread), before = _seen.GetValueOrDefault(thread);
                // Another thread that has the number of one that ended begins at nothing.
                _waited += now >= before ? now - before : now;
                _seen[thread] = now;
            }
        }
    }

    private static string[] ThreadsOf(int process)
    {
        try
        {
            return Directory.GetDirectories($"/proc/{process}/task");
        }
        catch (DirectoryNotFoundException)
        {
            return []; // The process has ended.
        }
    }

    private long NanosecondsOf(string thread)
    {
        try
        {
            // Nanoseconds run, nanoseconds waited, times run.
            return long.Parse(File.ReadAllText(Path.Combine(thread, "schedstat")).Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return _seen.GetValueOrDefault(thread); // It has ended just now, or this kernel does not count.
        }
    }
}
