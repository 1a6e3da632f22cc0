using WatchPhoto.Watcher.Disk;

namespace WatchPhoto.Watcher.Planning;

/// <summary>Which path each file of a graph came from. A path is the source of at most one, and the target of at most one.</summary>
internal sealed class Pairs
{
    private readonly PlannedPath?[] _sources;
    private readonly PlannedPath?[] _targets;
    private readonly HashSet<PlannedPath> _doubted = [];

    /// <summary>Begins with what hints of renames say.</summary>
    public Pairs(IReadOnlyList<PlannedPath> paths)
    {
        (_sources, _targets) = (new PlannedPath?[paths.Count], new PlannedPath?[paths.Count]);
        foreach (var path in paths)
            (_sources[path.Index], _targets[path.Index]) = (path.HintedSource, path.HintedTarget);
    }

    /// <summary>Which of several photos they are, by size and time nothing tells.</summary>
    public HashSet<PlannedPath> Ambiguous { get; } = [];

    /// <summary>Nor does their name.</summary>
    public HashSet<PlannedPath> Namesakes { get; } = [];

    /// <summary>Where the file that is here now was recorded before.</summary>
    public PlannedPath? Source(PlannedPath path) => _sources[path.Index];

    /// <summary>Where the file that was recorded here is now.</summary>
    public PlannedPath? Target(PlannedPath path) => _targets[path.Index];

    public void Join(PlannedPath from, PlannedPath to) => (_sources[to.Index], _targets[from.Index]) = (from, to);

    public void Part(PlannedPath from, PlannedPath to) => (_sources[to.Index], _targets[from.Index]) = (null, null);

    /// <summary>It was not looked at together with what else was: what is here now is not known.</summary>
    public bool IsDoubted(PlannedPath path) => _doubted.Contains(path);

    /// <summary>Doubts that another file is there than the recorded one.</summary>
    public void Doubt(PlannedPath path)
    {
        if (IsNewcomer(path))
            _doubted.Add(path);
    }

    public FileFacts? File(PlannedPath path) => IsDoubted(path) ? null : path.OnDisk;

    public bool IsNewcomer(PlannedPath path) =>
        path.OnDisk is { } file && !IsDoubted(path)
        && (path.Recorded?.Identity != file.Identity || Target(path) is not null || Source(path) is not null);

    /// <summary>Of a newcomer, or where nothing is: whether the recorded file is not known to be elsewhere.</summary>
    public bool HasLost(PlannedPath path) => path.Recorded is not null && Target(path) is null;
}
