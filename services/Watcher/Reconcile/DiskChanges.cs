using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Reconcile;

/// <summary>
/// Directories of which nobody tells what happens in them, and that changed while they were compared; each is compared once more. A
/// look takes its time. Of a disk that is emptied meanwhile it would miss only what it had not come to yet: half of it would be
/// deleted, and no question asked. Where events are told, these tell of it.
/// </summary>
internal sealed class DiskChanges(DirectoryTree tree)
{
    // Topmost ones only.
    private readonly HashSet<DirectoryNode> _changing = [];
    private readonly HashSet<DirectoryNode> _comparedAgain = [];

    public void Note(DirectoryNode node)
    {
        if (!node.IsUnwatched)
            return;
        while (node.Parent is { IsUnwatched: true } parent && parent.Identity.Device == node.Identity.Device)
            node = parent;
        _changing.Add(node);
    }

    /// <summary>Which directories are to be compared once more.</summary>
    /// <param name="suspects">Directories in which something is missing.</param>
    public List<DirectoryNode> TakeChanged(IEnumerable<DirectoryNode?> suspects)
    {
        foreach (var node in suspects.Distinct())
        {
            if (node is not { IsUnwatched: true, IsAttached: true })
                continue;
            var error = tree.Open(node, out var open);
            open?.Dispose();
            if (error.MeansAbsent())
                Note(node);
        }

        var again = _changing.Where(node => node.IsAttached && _comparedAgain.Add(node)).ToList();
        _changing.Clear();
        return again;
    }

    /// <summary>What was compared again is missed once: where the tree has its directory still, if it does.</summary>
    public List<Observation> Once(List<Observation> missing) => _comparedAgain.Count == 0
        ? missing
        : [.. missing.OrderByDescending(one => one.Directory.IsCurrent).GroupBy(one => one.Directory.Library)
            .SelectMany(group => group.DistinctBy(one => (byte[])[.. one.Directory.Path, .. one.Name], NameComparer.Instance))];
}
