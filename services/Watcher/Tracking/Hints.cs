using Microsoft.Extensions.Logging;
using WatchPhoto.Watcher.Kernel;
using WatchPhoto.Watcher.Reconcile;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Tracking;

/// <summary>
/// What an event of the kernel means: which name is to be looked at, at once or later, which directory is to be compared, which root
/// is in doubt. A hint only ever says where to look, and none is dropped: what it tells of is looked at in the end, also when its
/// other half never comes or nobody closes the file. Owned by the tracker's thread.
/// </summary>
internal sealed partial class Hints(
    DirectoryTree tree, Agenda agenda, RootGuard guard, Patrols patrols, WatcherOptions options, TimeProvider time, ILogger log)
{
    private const int MostSettledAtOnce = 4096;

    private readonly MoveWindow _moves = new(options.MoveWindow, time);
    private readonly SettlingNames _settling = new(options.SettleTime, time);
    private readonly Renames _renames = new();
    private readonly Overflows _overflows = new(time);

    /// <summary>How many hints have told so far that something moved.</summary>
    public long Moves { get; private set; }

    public void Take(int watch, WatchMask mask, uint cookie, ReadOnlySpan<byte> name)
    {
        if (mask.HasFlag(WatchMask.Overflow))
        {
            Lost();
            return;
        }

        // A directory that has left the tree: what happens there is nobody's concern.
        if (tree.ByWatch(watch) is not { } node)
            return;

        node.Touch();
        if (node.Library is { Held: not null, Root: { } root })
            patrols.Held.Add(root);
        if (name.Length > 0)
            TakeOf(node, mask, cookie, name);
        else if (mask.HasFlag(WatchMask.Ignored))
            WatchIsGone(node);
        else if (node.Parent is null && mask.HasFlag(WatchMask.DeleteSelf))
            guard.Removed(node.Library);
        else if (node.Parent is null)
            guard.Doubt(node.Library);
        else if (mask.HasFlag(WatchMask.Attributes) && (node.Trouble is not null || node.UnseenNames is not null))
            agenda.Compare(node, recursive: true);
    }

    /// <summary>Hints were lost: anything may have changed.</summary>
    public void Lost()
    {
        _renames.Clear();
        if (_overflows.Seen() is { } wait)
            LogOverflow(wait.TotalSeconds);
    }

    /// <summary>Whether everything is to be compared now because hints were lost.</summary>
    /// <param name="next">How long until it is; null: none were lost.</param>
    public bool TakeLoss(out TimeSpan? next) => _overflows.IsDue(out next);

    /// <summary>A file was created, and is not told of before it is closed or nothing more is heard of it.</summary>
    public void Unfinished(DirectoryNode directory, byte[] name) => _settling.Heard(directory, name);

    /// <summary>What the hints since the last time tell of renames.</summary>
    public IReadOnlyDictionary<DirectoryNode, Dictionary<byte[], Origin>> TakeRenames() => _renames.Take();

    /// <summary>Brings to the agenda what has waited for long enough.</summary>
    /// <returns>How long until something else has; null: nothing waits.</returns>
    public TimeSpan? BringDue()
    {
        TimeSpan? nextMove;
        while (_moves.TakeExpired(out nextMove) is { } left)
            agenda.Look(left.Directory, left.Name, mayBeUnfinished: false);
        var nextLater = agenda.BringDue();
        TimeSpan? nextQuiet = null;
        for (int looks = 0; looks < MostSettledAtOnce && _settling.TakeQuiet(out nextQuiet) is { } quiet; looks++)
            agenda.Look(quiet.Directory, quiet.Name, mayBeUnfinished: false);
        return new[] { nextMove, nextLater, nextQuiet }.Min();
    }

    private void TakeOf(DirectoryNode node, WatchMask mask, uint cookie, ReadOnlySpan<byte> name)
    {
        // It is written and not ready; that nobody may ever close it, as after truncate(2), shows when it is quiet.
        if (mask == WatchMask.Modify)
        {
            _settling.Heard(node, name);
            return;
        }

        if ((mask & (WatchMask.MovedFrom | WatchMask.MovedTo)) != 0)
            Moves++;
        if (mask.HasFlag(WatchMask.MovedFrom))
        {
            _settling.Forget(node, name);
            _moves.Left(cookie, node, name);
            _renames.Left(cookie, node, name);
            return;
        }

        // Both halves in one look are one plan, and so one event.
        if (mask.HasFlag(WatchMask.MovedTo))
        {
            var from = _moves.Arrived(cookie);
            if (from is { } left)
                agenda.Look(left.Directory, left.Name, mayBeUnfinished: false);
            _renames.Arrived(cookie, from, node, name);
        }
        else if (mask.HasFlag(WatchMask.Delete))
        {
            _renames.Forget(node, name);
        }

        // A file that is created is announced when it is closed, or when nothing more is heard of it.
        bool mayBeUnfinished = (mask & ~(WatchMask.Create | WatchMask.Attributes | WatchMask.IsDirectory)) == 0;
        if (!mayBeUnfinished)
            _settling.Forget(node, name);
        agenda.Look(node, name, mayBeUnfinished);
    }

    // The kernel gave the watch back: the directory is gone, or its file system is.
    private void WatchIsGone(DirectoryNode node)
    {
        tree.WatchIsGone(node);
        if (node.Parent is null)
            guard.Doubt(node.Library);
        else if (node.IsAttached)
            agenda.Look(node.Parent, node.Name, mayBeUnfinished: false);
    }

    [LoggerMessage(LogLevel.Warning, "The kernel dropped events; comparing everything in {Seconds:F1} s")]
    private partial void LogOverflow(double seconds);
}
