using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Reconcile;

/// <summary>
/// Directories and files that were not where they should be, until that is proven: whatever may have come back, or may only have moved,
/// is looked at once more before anything is deleted for it.
/// </summary>
internal sealed class Suspects(DirectoryTree tree, Scope scope, Recorder recorder, IComparisonEvents events)
{
    private readonly List<DirectoryNode> _gone = [];
    private readonly List<(DirectoryNode Directory, DirectoryNode Parent, byte[] Name, bool Recursive)> _unseen = [];

    /// <summary>Directories of which something is gone, or missing.</summary>
    public IEnumerable<DirectoryNode?> Places => _gone.Select(gone => gone.Parent)
        .Concat(recorder.Missing.Concat(recorder.Observed).Where(one => one.OnDisk is null).Select(one => one.Directory.Node));

    /// <summary>A directory is not at its name any more.</summary>
    public void Gone(DirectoryNode node)
    {
        scope.Add(node);
        _gone.Add(node);
    }

    /// <summary>Missed at its old place before, maybe: here it is.</summary>
    public void Found(DirectoryNode node) => _gone.RemoveAll(gone => gone == node);

    /// <summary>The path of a directory did not lead to it when it was to be looked into.</summary>
    public void NotThere(DirectoryNode node, bool recursive) => _unseen.Add((node, node.Parent!, node.Name, recursive));

    /// <summary>Directories that are back are compared again; the others leave the tree.</summary>
    public void ResolveDirectories()
    {
        var spelling = new Spelling(tree);
        foreach (var node in _gone)
        {
            // Back after a moment: what was to be looked at in it has not been, wherever it came from.
            if (node.IsAttached && IsThere(node, spelling))
                events.CompareAgain(node, recursive: true);
            else
                tree.Drop(node);
        }

        _gone.Clear();
        foreach (var (node, parent, name, recursive) in _unseen)
        {
            // It was away for a moment and came back: what was to be looked at in it has not been. Moved, it was listed.
            if (node.IsAttached && node.Parent == parent && node.Name == name)
                events.CompareAgain(node, recursive);
        }

        _unseen.Clear();
    }

    public void Abandon()
    {
        // Another has taken its place in the tree already: nobody else would come for its watches.
        foreach (var node in _gone.Where(node => !node.IsAttached))
            tree.Drop(node);
    }

    /// <summary>Looks at missing files once more, as time has passed since they were found missing.</summary>
    /// <returns>Another file is at one of the places now, or none.</returns>
    public bool LookAgain(List<Observation> missing)
    {
        bool moved = false;
        var spelling = new Spelling(tree);
        foreach (var group in missing.GroupBy(one => one.Directory))
        {
            var directory = new ObservedDirectory(group.Key.Library, group.Key.Path)
            {
                Node = group.Key.Node ?? DirectoryTree.Find(group.Key.Library, group.Key.Path),
            };
            var error = tree.Open(directory.Library, directory.Path, out var open);
            using (open)
            {
                if (directory.Node is { IsAttached: true } moving
                    && (error.MeansAbsent() || (error == 0 && !moving.Is(open!))))
                {
                    // Where it has gone, if it has, its parent tells; that it is away for a moment says nothing of what is in it.
                    events.CompareAgain(moving, recursive: false);
                    continue;
                }

                foreach (var one in group)
                {
                    FileFacts facts = default;
                    var looked = error == 0 ? open!.Look(one.Name, out facts) : error;
                    if (looked != 0 && !looked.MeansAbsent())
                    {
                        if (directory.Node is { } node)
                            events.NameNotSeen(node, one.Name, looked);
                        continue;
                    }

                    bool isEntry = looked == 0 && facts.Kind == FileKind.File
                        && directory.Library.Filter.IncludesFile(directory.Path, one.Name);
                    if (isEntry && one.OnDisk is null && !spelling.IsThere(directory.Library, directory.Path, one.Name))
                    {
                        if (spelling.IsAway(directory.Node))
                            continue;
                        isEntry = false;
                    }

                    moved |= (isEntry ? facts.Identity : null) != one.OnDisk?.Identity;
                    (isEntry ? recorder.Observed : recorder.Missing).Add(one with
                    {
                        Directory = directory, OnDisk = isEntry ? facts : null, Recorded = null, IsRecordedKnown = false,
                        Live = one.Live is null ? null : directory.Node,
                    });
                }
            }
        }

        spelling.CompareAway(events);
        return moved;
    }

    private bool IsThere(DirectoryNode node, Spelling spelling)
    {
        var parent = node.Parent!;
        if (!node.Library.Filter.IncludesDirectory(parent.Path(), node.Name))
            return false;
        var error = tree.Open(parent, out var above);
        using (above)
        {
            // Where that has gone, its own parent tells: it takes along what is in it.
            if (error.MeansAbsent())
                return true;
            if (error == 0)
            {
                error = above!.Open(node.Name, out var open);
                open?.Dispose();
                if (error.MeansAbsent() || (error == 0 && !spelling.IsThere(node.Library, node.Path())))
                    return false;
            }
        }

        if (error != 0)
            events.NameNotSeen(parent, node.Name, error);
        return true;
    }
}
