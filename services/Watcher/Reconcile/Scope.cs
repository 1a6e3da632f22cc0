using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.State;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Reconcile;

/// <summary>What a comparison covers: only what is recorded in there can be gone by it.</summary>
internal sealed class Scope(StateDatabase state, Recorder recorder)
{
    private readonly List<ObservedDirectory> _extents = [];
    // The kernel said that their roots were removed. Only an empty directory can be: all below was removed before.
    private readonly List<WatchedLibrary> _emptied = [];

    /// <summary>Roots of disks that are mounted inside libraries, compared with all below.</summary>
    public List<DirectoryNode> Disks { get; } = [];

    public bool HasEmptied => _emptied.Count > 0;

    /// <summary>Whatever is recorded below must show itself elsewhere, or is deleted in the end.</summary>
    public void Add(DirectoryNode node) => _extents.Add(new ObservedDirectory(node.Library, node.Path()));

    /// <summary>A directory is gone into.</summary>
    public void AddEntered(DirectoryNode node, bool recursive)
    {
        var extent = new ObservedDirectory(node.Library, node.Path());
        _extents.Add(extent);
        if (recursive && node.Library.Mounts.ContainsKey(extent.Path))
            Disks.Add(node);
    }

    public void AddEmptied(WatchedLibrary library) => _emptied.Add(library);

    public void TakeOver(Scope ended)
    {
        _extents.AddRange(ended._extents);
        Disks.AddRange(ended.Disks);
    }

    /// <summary>
    /// Adds what is recorded in directories that are gone; returns these, topmost ones only, as far as all below is gone.
    /// </summary>
    public List<ObservedDirectory> AddVanished()
    {
        var removed = new List<ObservedDirectory>();
        var kept = new HashSet<ObservedDirectory>();
        foreach (var vanished in Vanished())
        {
            if (vanished.Path.Length > 0 && (removed.Count == 0 || !removed[^1].Covers(vanished)))
                removed.Add(Topmost(vanished));
            lock (state.Gate)
            {
                foreach (var entry in state.EntriesOf(vanished.Row(state)!.Value))
                {
                    recorder.Miss(vanished, entry);
                    if (entry.IsMissing)
                        kept.Add(vanished);
                }
            }
        }

        // Nor what is on a disk that is away.
        removed.RemoveAll(directory => kept.Any(directory.Covers) || directory.Library.Mounts.Keys.Any(mount =>
            mount.AsSpan().StartsWith(directory.Path) && state.AnyEntryBelow(directory.Library, mount)));
        return removed;
    }

    // Directories recorded within what was compared that the tree does not have any more.
    private List<ObservedDirectory> Vanished()
    {
        var vanished = new List<ObservedDirectory>();
        var seen = new HashSet<long>();
        lock (state.Gate)
        {
            foreach (var extent in _extents.Concat(_emptied.Select(library => new ObservedDirectory(library, []))))
            {
                bool emptied = _emptied.Contains(extent.Library);
                // The root went away and came back meanwhile: the tree is a new one, and what is missing in it says nothing yet.
                if (!emptied && extent.Root != extent.Library.Root)
                    continue;
                foreach (var row in state.DirectoriesBelow(extent.Library, extent.Path))
                {
                    bool isGone = emptied
                        ? !extent.Library.Mounts.Keys.Any(mount => row.Path.AsSpan().StartsWith(mount))
                        : DirectoryTree.IsGone(extent.Library, row.Path);
                    if (isGone && seen.Add(row.Row))
                        vanished.Add(new ObservedDirectory(extent.Library, row.Path));
                }
            }
        }

        vanished.Sort((left, right) => left.Path.AsSpan().SequenceCompareTo(right.Path));
        return vanished;
    }

    private static ObservedDirectory Topmost(ObservedDirectory vanished)
    {
        for (int end = vanished.Path.AsSpan().IndexOf((byte)'/') + 1; end < vanished.Path.Length;
             end += vanished.Path.AsSpan(end).IndexOf((byte)'/') + 1)
        {
            if (vanished.Library.Root is null || DirectoryTree.IsGone(vanished.Library, vanished.Path.AsSpan(0, end)))
                return new ObservedDirectory(vanished.Library, vanished.Path[..end]);
        }

        return vanished;
    }
}
