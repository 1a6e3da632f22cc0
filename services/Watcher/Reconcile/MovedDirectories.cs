using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Planning;
using WatchPhoto.Watcher.State;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Reconcile;

/// <summary>
/// Directories that a comparison has met at another place than before. What is recorded below goes along, and is told of as it was: what
/// of it has changed meanwhile is found when that is compared with the disk, while others are busy with the move. All of it before
/// anything else is done: whoever looks meanwhile would miss it at the old place.
/// </summary>
internal sealed class MovedDirectories(
    Comparison comparison, StateDatabase state, DirectoryTree tree, Planner planner, IComparisonEvents events)
{
    private readonly Queue<MovedDirectory> _moved = new();

    /// <summary>Any was met so far.</summary>
    public bool WereMet { get; private set; }

    /// <summary>Before the tree has it at its new place.</summary>
    public void Add(DirectoryNode node)
    {
        _moved.Enqueue(new MovedDirectory(node, node.Path()));
        WereMet = true;
    }

    public void BringAlong()
    {
        if (_moved.Count == 0)
            return;
        var moved = new Queue<MovedDirectory>();
        foreach (var one in _moved.Where(one => one.Node.IsAttached))
        {
            if (HasLeft(one.Node, one.Before, out bool wasThere))
                moved.Enqueue(one);
            // It went back, and may have left again since. Where it is in the end, what is in it is looked at once this has ended.
            if (wasThere)
                events.CompareAgain(one.Node, recursive: true);
        }

        _moved.Clear();
        while (moved.Count > 0)
        {
            int told = 0;
            state.Transact(() => told = planner.Bring(moved));
            if (told > 0)
                events.Recorded(comparison);
        }
    }

    private bool HasLeft(DirectoryNode moved, byte[] path, out bool wasThere)
    {
        wasThere = false;
        if (DirectoryTree.Find(moved.Library, path) is not null)
            return false;
        var error = tree.Open(moved.Library, path, out var open);
        using (open)
        {
            if (error.MeansAbsent())
                return true;
            if (error != 0 || !moved.Is(open!))
                return false;
        }

        // The same directory by its name before: in another spelling, if the listing has that no more.
        wasThere = true;
        return !new Spelling(tree).IsThere(moved.Library, path);
    }
}
