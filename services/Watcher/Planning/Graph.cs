using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.State;

namespace WatchPhoto.Watcher.Planning;

/// <summary>
/// All that a plan is about, as facts: its paths, and whatever path a file of theirs may have come from. So chains, cycles and
/// exchanges are in one graph. Each path is in it once.
/// </summary>
internal sealed class Graph
{
    private readonly Dictionary<EntryKey, PlannedPath> _byKey = [];
    private readonly Dictionary<FileIdentity, PlannedPath> _seen = [];
    private readonly List<PlannedPath> _paths = [];
    private readonly List<(PlannedPath, PlannedPath)> _seenTwice = [];

    /// <summary>In the order in which they were met; it grows while the graph is gathered.</summary>
    public IReadOnlyList<PlannedPath> Paths => _paths;

    /// <summary>Paths at which one file was seen, before the last step of a comparison.</summary>
    public IReadOnlyList<(PlannedPath First, PlannedPath Other)> SeenTwice => _seenTwice;

    /// <summary>By weak identity, what may be meant by it.</summary>
    public Dictionary<FileIdentity, Twins> Twins { get; } = [];

    public PlannedPath? Find(EntryKey key) => _byKey.GetValueOrDefault(key);

    public PlannedPath Add(PlannedPath path)
    {
        path.Index = _paths.Count;
        _byKey.Add(path.Key, path);
        _paths.Add(path);
        return path;
    }

    /// <summary>Notes where a file is seen.</summary>
    /// <returns>False: it was seen elsewhere, too.</returns>
    public bool See(FileIdentity identity, PlannedPath path)
    {
        if (_seen.TryAdd(identity, path))
            return true;
        _seenTwice.Add((_seen[identity], path));
        return false;
    }

    public void Clear()
    {
        _byKey.Clear();
        _seen.Clear();
        _paths.Clear();
        _seenTwice.Clear();
        Twins.Clear();
    }
}
