namespace WatchPhoto.Watcher.Tracking;

/// <summary>
/// When to compare everything after hints were lost: at once, but when it happens again and again, later and later.
/// Owned by the tracker's thread.
/// </summary>
internal sealed class Overflows(TimeProvider time)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private TimeSpan _wait;
    private long? _due;
    private long? _last;

    /// <returns>When the comparison is due; null: one is due already.</returns>
    public TimeSpan? Seen()
    {
        if (_due is not null)
            return null;
        bool again = _last is { } last && time.GetElapsedTime(last) < 2 * Longest;
        _wait = !again ? TimeSpan.Zero : _wait == TimeSpan.Zero ? First : TimeSpan.FromTicks(Math.Min(Longest.Ticks, _wait.Ticks * 2));
        _due = time.GetTimestamp() + (long)(_wait.TotalSeconds * time.TimestampFrequency);
        return _wait;
    }

    /// <param name="next">How long until it is; null: nothing was lost.</param>
    public bool IsDue(out TimeSpan? next)
    {
        next = null;
        if (_due is not { } due)
            return false;
        if (due > time.GetTimestamp())
        {
            next = time.GetElapsedTime(time.GetTimestamp(), due);
            return false;
        }

        _due = null;
        _last = time.GetTimestamp();
        return true;
    }
}
