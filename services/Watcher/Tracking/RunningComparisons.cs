using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Reconcile;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Tracking;

/// <summary>
/// The comparisons that are running, in the order in which they go on: it begins them, lets them take their steps in turn and takes
/// out those that have ended. No disk is compared by two scans, or by a scan and a patrol, at a time: of two, each would see a part
/// of what happens meanwhile, and one take for gone what the other has seen to come. And what a hint led to stands before all that
/// is longer. Owned by the tracker's thread.
/// </summary>
/// <param name="create">Makes a comparison of nothing.</param>
/// <param name="ended">Told of each that has ended by itself.</param>
internal sealed class RunningComparisons(
    Agenda agenda, WatcherOptions options, TimeProvider time, Func<Comparison> create, Action<Comparison> ended)
{
    private readonly LinkedList<Comparison> _running = new();
    // The libraries that patrols are in.
    private readonly Dictionary<Comparison, HashSet<WatchedLibrary>> _patrolled = [];
    // Roots whose next scan begins when what compares their libraries now has ended.
    private readonly HashSet<DirectoryNode> _scansToCome = [];

    public bool IsEmpty => _running.Count == 0;

    /// <summary>The scan of the whole library that is running, if one is.</summary>
    public Comparison? ScanOf(WatchedLibrary library) => _running.FirstOrDefault(comparison => comparison.Whole == library);

    /// <inheritdoc cref="IComparisonEvents.StillMoving"/>
    public Comparison? StillMoving(Comparison but)
    {
        long? since = but.WaitsSince;
        return _running.FirstOrDefault(comparison => comparison != but && comparison.Whole is null
            && (comparison.HasMoved || (comparison.HasNamesToLookAt && !_patrolled.ContainsKey(comparison))
                || comparison.WaitsSince <= since));
    }

    /// <summary>
    /// Begins with all that is on the agenda. What is small is one comparison, and so can be one plan; each scan is one of its own.
    /// </summary>
    /// <param name="renames">What the hints tell of renames.</param>
    /// <param name="hintedAt">When the oldest of the hints was read; null: none led to it.</param>
    public void Begin(IReadOnlyDictionary<DirectoryNode, Dictionary<byte[], Origin>> renames, long? hintedAt)
    {
        var small = create();
        small.HintedAt = hintedAt;
        small.Renames = renames;
        var (names, directories) = agenda.Take();
        foreach (var (directory, looks) in names)
            small.Add(directory, looks);
        foreach (var (directory, recursive) in directories)
        {
            if (directory.Parent is null && recursive)
                BeginScan(directory);
            else
                small.Add(directory, recursive);
        }

        // What no hint led to comes after what hints did, which may tell where things are now; but it waits for nothing that is long.
        var next = _running.First;
        while (small.HintedAt is null && next is { Value.Whole: null } && !_patrolled.ContainsKey(next.Value)
            && time.GetElapsedTime(next.Value.Started) < options.MoveWindow)
        {
            next = next.Next;
        }

        if (next is null)
            _running.AddLast(small);
        else
            _running.AddBefore(next, small);
    }

    private void BeginScan(DirectoryNode root)
    {
        if (ScanOf(root.Library) is not null || _patrolled.Values.Any(libraries => libraries.Contains(root.Library)))
        {
            _scansToCome.Add(root);
            return;
        }

        var scan = create();
        scan.Add(root, recursive: true);
        _running.AddLast(scan);
    }

    private void BeginScansToCome()
    {
        var roots = _scansToCome.Where(root => root.IsAttached).ToList();
        _scansToCome.Clear();
        foreach (var root in roots)
            BeginScan(root);
    }

    /// <summary>Begins to compare the directories of a patrol, with all below. Where a scan is running, that is it.</summary>
    /// <returns>What tells how long that was worked on, once it has ended.</returns>
    public Func<TimeSpan?> ComparePatrolled(IReadOnlyList<DirectoryNode> directories)
    {
        foreach (var root in directories.Where(directory => directory.Parent is null && ScanOf(directory.Library) is null))
            BeginScan(root);
        var begun = directories.Select(directory => ScanOf(directory.Library)).OfType<Comparison>().Distinct().ToList();
        var together = create();
        together.IsUnwitnessed = true;
        var compared = directories.Where(directory => directory.Parent is not null && ScanOf(directory.Library) is null).ToList();
        foreach (var directory in compared)
            together.Add(directory, recursive: true);
        _patrolled.Add(together, [.. compared.Select(directory => directory.Library)]);
        begun.Add(together);
        _running.AddLast(together);
        return () => begun.Exists(_running.Contains) ? null : new TimeSpan(begun.Sum(comparison => comparison.Worked.Ticks));
    }

    /// <summary>Begins to look again at the names in directories that could not be looked at.</summary>
    /// <returns>What tells how long that was worked on, once it has ended.</returns>
    public Func<TimeSpan?> LookPatrolled(IReadOnlyList<DirectoryNode> directories)
    {
        var looks = create();
        looks.IsUnwitnessed = true;
        foreach (var directory in directories)
        {
            if (directory.UnseenNames!.ToLookAt is { } names)
                looks.Add(directory, names);
            else
                looks.Add(directory, recursive: false);
        }

        _running.AddLast(looks);
        return () => _running.Contains(looks) ? null : looks.Worked;
    }

    /// <summary>Compares, to its end, what is to be said of a library whose root the kernel has removed.</summary>
    public void CompareEmptied(WatchedLibrary library)
    {
        var comparison = create();
        comparison.AddEmptied(library);
        while (!comparison.Step())
        {
        }
    }

    /// <summary>Hints were lost: a scan under way began before that and is of no use any more.</summary>
    public void AbandonScans()
    {
        _scansToCome.Clear();
        for (var running = _running.First; running is not null;)
        {
            var next = running.Next;
            if (running.Value.Whole is not null)
            {
                running.Value.Abandon();
                _running.Remove(running);
            }

            running = next;
        }
    }

    /// <summary>Lets the first, and one more, take a step.</summary>
    /// <returns>False: none is running.</returns>
    public bool Step()
    {
        if (_running.First is not { } first)
            return false;

        // The newest first: a live event never waits for a long scan; then what it was put before, and scans in turn.
        Step(first);
        if (_running.First is { } other && other != first)
        {
            if (other.Value.Whole is not null)
            {
                _running.RemoveFirst();
                _running.AddLast(other);
            }

            Step(other);
        }

        return true;
    }

    private void Step(LinkedListNode<Comparison> running)
    {
        if (!running.Value.Step())
            return;
        if (running.List is not null)
            _running.Remove(running);
        _patrolled.Remove(running.Value);
        ended(running.Value);
        BeginScansToCome();
    }
}
