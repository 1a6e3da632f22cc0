using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Reconcile;

namespace WatchPhoto.Watcher.Tracking;

/// <summary>
/// Compares every library as a whole from time to time, for what no event tells (a mapped file written, a hard link from
/// outside, a mount over a directory), and rests most of the time meanwhile. Owned by the tracker's thread.
/// </summary>
internal sealed class Audit(WatcherOptions options, TimeProvider time)
{
    // A time further ahead is of a clock that was wrong: nobody knows when that was.
    private static readonly TimeSpan MostAhead = TimeSpan.FromHours(1);

    private Comparison? _running;
    private long _restsSince;
    private TimeSpan _rest;

    /// <summary>The audit of a library, if it is under way.</summary>
    public Comparison? Of(WatchedLibrary library) => _running?.Whole == library ? _running : null;

    private DateTimeOffset DueAt(WatchedLibrary library, DateTimeOffset now) =>
        library.DiskComparedAt!.Value is var compared && compared - now > MostAhead ? now : compared + options.AuditInterval;

    /// <summary>Goes on with the audit that is running, or begins one that is due.</summary>
    /// <returns>How long until it should be called again; null: no library is there.</returns>
    public TimeSpan? Work(IReadOnlyCollection<WatchedLibrary> libraries, Func<Comparison> newComparison, Action<Comparison> done)
    {
        if (_running is null)
        {
            var now = time.GetUtcNow();
            var next = libraries
                .Where(library => library is { Root: not null, DiskComparedAt: not null })
                .MinBy(library => DueAt(library, now));
            if (next is null)
                return null;
            var wait = DueAt(next, now) - now;
            if (wait > TimeSpan.Zero)
                return wait;
            _running = newComparison();
            _running.Add(next.Root!, recursive: true);
            _rest = TimeSpan.Zero;
        }

        var rested = time.GetElapsedTime(_restsSince);
        if (rested < _rest)
            return _rest - rested;

        var worked = _running.Worked;
        bool ended = _running.Step();
        _restsSince = time.GetTimestamp();
        _rest = (_running.Worked - worked) * (1 / options.AuditShare - 1);
        if (!ended)
            return _rest;
        done(_running);
        _running = null;
        return _rest;
    }
}
