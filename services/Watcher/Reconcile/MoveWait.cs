namespace WatchPhoto.Watcher.Reconcile;

/// <summary>
/// A file took another's place, or was seen at two. The disk is ahead of its hints: that another has moved, and where to, may be among
/// those that the next turn brings. Else it would lose its photo id to the newcomer. Waits as long as hints tell of moves, and no
/// longer than a file that moves is waited for.
/// </summary>
internal sealed class MoveWait(IComparisonEvents events, TimeProvider time)
{
    private long _moves;

    /// <summary>When the waiting began; null: there was none.</summary>
    public long? Since { get; private set; }

    /// <param name="moved">Another file is at one of the places now, or none.</param>
    /// <returns>False: it has been waited long enough.</returns>
    public bool GoesOn(bool moved)
    {
        long moves = events.Moves;
        bool first = Since is null;
        moved |= first || moves != _moves;
        _moves = moves;
        Since ??= time.GetTimestamp();
        return moved && (first || time.GetElapsedTime(Since.Value) < events.MoveWindow);
    }
}
