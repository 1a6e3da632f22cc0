using System.Globalization;

namespace WatchPhoto.EndToEnd.Tests.Harness;

/// <summary>How long threads were ready to run and no processor was free: a promise of seconds does not count those.</summary>
internal static class RunQueue
{
    /// <summary>The time that the threads of some processes have waited so far, added up; of threads that have ended, nothing.</summary>
    public static TimeSpan Waited(params IEnumerable<int> processes) => TimeSpan.FromMicroseconds(processes
        .SelectMany(process => Directory.EnumerateDirectories($"/proc/{process}/task")).Sum(NanosecondsOf) / 1000);

    private static long NanosecondsOf(string thread)
    {
        try
        {
            // Nanoseconds run, nanoseconds waited, times run.
            return long.Parse(File.ReadAllText(Path.Combine(thread, "schedstat")).Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0; // It has ended just now, or this kernel does not count.
        }
    }
}
