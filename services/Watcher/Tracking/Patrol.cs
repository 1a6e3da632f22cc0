using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Tracking;

/// <summary>
/// Directories of which nobody tells what happens in them, compared with all below again and again: each time after the
/// interval, or four times as long as the last time was worked on. Owned by the tracker's thread.
/// </summary>
internal sealed class Patrol(TimeSpan interval, Agenda agenda, TimeProvider time)
{
    // A quarter of the time goes into it at most.
    private const int Share = 4;

    private readonly HashSet<DirectoryNode> _directories = [];
    private long _began = time.GetTimestamp();
    private TimeSpan? _workedBefore;
    private TimeSpan _work;

    public IReadOnlyCollection<DirectoryNode> Directories => _directories;

    /// <returns>False: it was among them.</returns>
    public bool Add(DirectoryNode directory) => _directories.Add(directory);

    public void Remove(WatchedLibrary library) => _directories.RemoveWhere(directory => directory.Library == library);

    /// <param name="worked">How long the tracker has compared so far.</param>
    /// <param name="stays">Whether a directory of the tree is still one of these.</param>
    /// <returns>How long until it begins again; null: there is nothing to do, or the last time has not ended.</returns>
    public TimeSpan? Work(bool isIdle, TimeSpan worked, Func<DirectoryNode, bool> stays)
    {
        if (!isIdle)
            return null;
        if (_workedBefore is { } before)
            (_workedBefore, _work) = (null, worked - before);
        if (_directories.Count == 0)
            return null;
        var since = time.GetElapsedTime(_began);
        var pause = TimeSpan.FromTicks(Math.Max(interval.Ticks, _work.Ticks * Share));
        if (since < pause)
            return pause - since;

        (_workedBefore, _began) = (worked, time.GetTimestamp());
        _directories.RemoveWhere(directory => !directory.IsAttached || !stays(directory));
        foreach (var directory in _directories.Where(directory => !IsBelowAnother(directory)))
            agenda.Compare(directory, recursive: true);
        return null;
    }

    private bool IsBelowAnother(DirectoryNode directory)
    {
        for (var above = directory.Parent; above is not null; above = above.Parent)
        {
            if (_directories.Contains(above))
                return true;
        }

        return false;
    }
}
