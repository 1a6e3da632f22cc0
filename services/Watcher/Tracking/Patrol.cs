using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Tracking;

/// <summary>
/// Directories of which nobody tells what happens in them, compared with all below again and again: each time after the
/// interval, or four times as long as the last time was worked on. Owned by the tracker's thread.
/// </summary>
/// <param name="stays">Whether a directory of the tree is still one of these.</param>
/// <param name="compare">
/// Begins to compare directories with all below; what it returns says how long that was worked on, once it has ended.
/// </param>
/// <param name="isWithAllBelow">False: each directory is looked into by itself, also those below others.</param>
internal sealed class Patrol(
    TimeSpan interval, TimeProvider time, Func<DirectoryNode, bool> stays,
    Func<IReadOnlyList<DirectoryNode>, Func<TimeSpan?>> compare, bool isWithAllBelow = true)
{
    // A quarter of the time goes into it at most.
    private const int Share = 4;

    private readonly HashSet<DirectoryNode> _directories = [];
    private long _began = time.GetTimestamp();
    private Func<TimeSpan?>? _underWay;
    private TimeSpan _worked;

    public IReadOnlyCollection<DirectoryNode> Directories => _directories;

    /// <returns>False: it was among them.</returns>
    public bool Add(DirectoryNode directory) => _directories.Add(directory);

    public void Remove(WatchedLibrary library) => _directories.RemoveWhere(directory => directory.Library == library);

    /// <returns>How long until it begins again; null: there is nothing to do, or the last time has not ended.</returns>
    public TimeSpan? Work()
    {
        if (_underWay is not null)
        {
            if (_underWay() is not { } worked)
                return null;
            (_underWay, _worked) = (null, worked);
        }

        if (_directories.Count == 0)
            return null;
        var since = time.GetElapsedTime(_began);
        var pause = TimeSpan.FromTicks(Math.Max(interval.Ticks, _worked.Ticks * Share));
        if (since < pause)
            return pause - since;

        _began = time.GetTimestamp();
        _directories.RemoveWhere(directory => !directory.IsAttached || !stays(directory));
        _underWay = compare([.. _directories.Where(directory => !isWithAllBelow || !IsBelowAnother(directory))]);
        return null;
    }

    private bool IsBelowAnother(DirectoryNode directory)
    {
        for (var above = directory.Parent; above is not null; above = above.Parent)
        {
            // Through one that cannot be read nobody comes to it.
            if (_directories.Contains(above) && !above.IsOpaque)
                return true;
        }

        return false;
    }
}
