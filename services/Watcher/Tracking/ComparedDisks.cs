using Microsoft.Extensions.Logging;
using WatchPhoto.Watcher.Reconcile;
using WatchPhoto.Watcher.State;

namespace WatchPhoto.Watcher.Tracking;

/// <summary>
/// Keeps when each library's disk was last compared as a whole, and forgets then what went longer ago than is remembered. Only a
/// comparison that has listed the root that is still the library's counts. Owned by the tracker's thread.
/// </summary>
internal sealed partial class ComparedDisks(StateDatabase state, WatcherOptions options, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan LeapDoubt = TimeSpan.FromHours(1);
    // Within this a comparison that finds the same again is not recorded.
    private static readonly TimeSpan KeptFor = TimeSpan.FromHours(1);

    private long? _leapt;
    private bool _hasCompared;

    /// <summary>A comparison has ended, of a whole disk or of less.</summary>
    public void Ended(Comparison comparison)
    {
        // Nor is a disk compared whose root could not be listed.
        if (comparison.Whole is not { Root: { IsOpaque: false, IsListed: true } } library || comparison.IsOutdated)
            return;
        var now = time.GetUtcNow();
        // Of a clock that has leapt far ahead nobody knows whether it is right: what is remembered stays for a while.
        if (library.DiskComparedAt is { } last && now - last > options.AuditInterval + TimeSpan.FromDays(1))
            _leapt = time.GetTimestamp();
        library.DiskComparedAt = now;
        _hasCompared = true;
        // A disk that is polled is compared every minute: that alone does not wake the state's own.
        if (library.ComparisonKeptAt is not { } kept || (now - kept).Duration() >= KeptFor)
        {
            library.ComparisonKeptAt = now;
            state.Transact(() =>
            {
                state.SaveLibrary(library);
                if (_leapt is not { } leapt || time.GetElapsedTime(leapt) > LeapDoubt)
                    state.ForgetGoneBefore(now - options.Memory);
            });
        }

        LogCompared(library.Id, comparison.Files, time.GetElapsedTime(comparison.Started).TotalSeconds, comparison.Worked.TotalSeconds);
    }

    /// <summary>Whether a library was compared as a whole since this was last asked.</summary>
    public bool TakeHasCompared()
    {
        bool compared = _hasCompared;
        _hasCompared = false;
        return compared;
    }

    [LoggerMessage(LogLevel.Information,
        "{Library}: compared with the disk, {Files} files in {Seconds:F1} s, of which {Busy:F1} s at work")]
    private partial void LogCompared(string library, long files, double seconds, double busy);
}
