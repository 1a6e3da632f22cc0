using Mono.Unix.Native;
using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Reconcile;
using WatchPhoto.Watcher.State;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Planning;

/// <summary>
/// Gathers what a plan is about: what was observed, and from where it may have come. Whatever a file may have moved from is
/// looked at, and what is there instead may have come from elsewhere in turn. Of planning this alone reads state and disk.
/// </summary>
internal sealed class Candidates(StateDatabase state, DirectoryTree tree, WatcherOptions options, IndexersClock time, RecentlyGone gone)
{
    // Of a file's names, those that a live look asks after.
    private const int MostNames = 64;

    // Of more nobody could tell them apart, and each would be looked at for each.
    private const int MostTwins = 1024;

    private readonly Graph _graph = new();
    // Of files with many names, those that were not asked after yet.
    private readonly Dictionary<FileIdentity, Queue<Entry>> _manyNames = [];
    // Names that are vacated, each found for another path that its file is at.
    private readonly HashSet<PlannedPath> _found = [];
    // At the places of files that were renamed are others now, the same by all that lasts.
    private readonly Queue<PlannedPath> _leftBehind = new();
    private RecordedPlaces? _places;
    private Spelling? _spelling;

    /// <summary>Told of a recorded name that could not be looked at; empty: nor any other in its directory.</summary>
    public Action<ObservedDirectory, byte[], Errno>? NotSeen { get; set; }

    /// <param name="observations">Of a path that is met twice the first counts.</param>
    /// <param name="libraryByRow">The watched library of a state row.</param>
    /// <param name="final">Whether all that was missing has had its chance to turn up.</param>
    /// <param name="events">Receives what is to be compared again.</param>
    /// <returns>Valid until <see cref="Clear"/>.</returns>
    public Graph Gather(
        IReadOnlyList<Observation> observations, Func<long, WatchedLibrary?> libraryByRow, bool final, IComparisonEvents events)
    {
        _places = new RecordedPlaces(state, tree, libraryByRow, events, NotSeen);
        foreach (var observation in observations)
            Add(observation);
        // It grows meanwhile.
        for (int i = 0; i < _graph.Paths.Count; i++)
        {
            FindSources(_graph.Paths[i], final);
            while (_leftBehind.TryDequeue(out var twin))
                FindTwins(twin, twin.OnDisk!.Value.Identity);
        }

        foreach (var path in _graph.Paths)
        {
            if (path is { IsNewcomer: true, IsUnfinished: false })
                path.Remembered = Remembered(path);
        }

        return _graph;
    }

    public void Clear(IComparisonEvents events)
    {
        _places?.Close();
        _places = null;
        _graph.Clear();
        _manyNames.Clear();
        _found.Clear();
        _leftBehind.Clear();
        _spelling?.CompareAway(events);
        _spelling = null;
    }

    private void Add(in Observation observation)
    {
        var directory = observation.Directory;
        if (observation.CameFrom is { } from)
            Trace(from, isFound: observation.OnDisk is not null);
        // Only what is there needs a row for its directory.
        if (directory.Row(state, add: observation.OnDisk is not null) is not { } row)
            return;

        var key = new EntryKey(row, observation.Name);
        // Also found by a listing, or closed: it is not waited for.
        if (_graph.Find(key) is { } met)
        {
            met.MayBeUnfinished &= observation.MayBeUnfinished;
            return;
        }

        var path = new PlannedPath
        {
            Key = key,
            Directory = directory,
            OnDisk = observation.OnDisk,
            Recorded = observation.IsRecordedKnown && directory.IsReadingCurrent(state) ? observation.Recorded : state.Find(key),
            From = observation,
            MayBeUnfinished = observation.MayBeUnfinished,
        };
        // A known file was not created now: this is a link to it, whose other name may be gone already.
        if (path.IsUnfinished && path.OnDisk!.Value.Identity is { IsWeak: false } identity
            && (state.Find(identity).Count > 0 || Remembered(path) is not null))
            path.MayBeUnfinished = false;
        _graph.Add(path);
    }

    private Guid? Remembered(PlannedPath path) =>
        state.Recall(path.OnDisk!.Value.Identity, path.FormerName, time.GetUtcNow() - options.Memory);

    // A file that appears is looked for where its identity is recorded. If it is no longer there, it came from there.
    private void FindSources(PlannedPath path, bool final)
    {
        if (path.OnDisk is not { } onDisk || path.IsUnfinished)
            return;
        if (onDisk.Identity.IsWeak)
            FindTwins(path, onDisk.Identity);
        // One that is seen twice is looked at again.
        else if ((final || _graph.See(onDisk.Identity, path)) && path.IsNewcomer)
            FindSource(path, onDisk.Identity);
    }

    // Each path that a file appears at has another name looked for that it has left.
    private void FindSource(PlannedPath path, FileIdentity identity)
    {
        foreach (var entry in NamesOf(identity, path.From.Live is not null))
        {
            if (entry.Key == path.Key || Recorded(entry) is not { } source || _found.Contains(source))
                continue;
            TellSpellings(path, source);
            if (path.OnDisk is null)
                return;
            if (source.OnDisk?.Identity == identity)
                continue;
            _found.Add(source);
            break;
        }
    }

    // Where a file is recorded. Of one with thousands of names (a tree of hard links) each is asked after once in a plan; and when
    // one more appears live, only some are: the one that was renamed was told of, and comes first.
    private IEnumerable<Entry> NamesOf(FileIdentity identity, bool live)
    {
        if (!_manyNames.TryGetValue(identity, out var names))
        {
            var found = state.Find(identity, live ? MostNames + 1 : int.MaxValue);
            if (found.Count <= MostNames)
                return found;
            var left = _graph.Paths.Where(path => path.Recorded?.Identity == identity && path.IsVacated).Select(path => path.Recorded!);
            _manyNames.Add(identity, names = new Queue<Entry>(left.Concat(found)));
        }

        return Rest(names);

        static IEnumerable<Entry> Rest(Queue<Entry> names)
        {
            while (names.TryDequeue(out var name))
                yield return name;
        }
    }

    // Null: nothing may be concluded from it.
    private PlannedPath? Recorded(Entry entry) =>
        _graph.Find(entry.Key) ?? (_places!.Look(entry) is { } path ? _graph.Add(path) : null);

    // Draws every twin into the plan, so that all are known that could be meant.
    private void FindTwins(PlannedPath path, FileIdentity identity)
    {
        if (Follow(path, identity) || !path.IsNewcomer)
            return;
        if (!_graph.Twins.TryGetValue(identity, out var twins))
            _graph.Twins.Add(identity, twins = TwinsOf(identity));
        foreach (var twin in twins.Recorded ?? [])
        {
            if (twin != path)
                TellSpellings(path, twin);
        }
    }

    private Twins TwinsOf(FileIdentity identity)
    {
        var entries = state.Find(identity, MostTwins + 1);
        if (entries.Count > MostTwins)
            return new Twins();
        var recorded = new List<PlannedPath>();
        foreach (var entry in entries)
        {
            bool isKnown = _graph.Find(entry.Key) is not null;
            if (Recorded(entry) is not { } twin || IsAway(twin.Directory))
                continue;
            twin.IsTwin = !isKnown;
            recorded.Add(twin);
        }

        return new Twins { Recorded = recorded, JustGone = gone.Of(identity) };
    }

    // Its disk is: that it is not found says nothing.
    private static bool IsAway(ObservedDirectory directory) => directory.Library.Mounts.Keys.Any(mount =>
        directory.Path.AsSpan().StartsWith(mount) && DirectoryTree.Find(directory.Library, mount) is not { IsOpaque: false });

    // What is recorded where the file was is read before this plan changes it.
    private void Trace(Origin from, bool isFound)
    {
        from.IsFound |= isFound;
        if (isFound || from.Photo is not null)
            return;
        from.Photo = RecordedAt(from) is { Identity.IsWeak: true } entry
            ? new LostPhoto(entry.PhotoId, entry.Identity, from) : from.Before?.Photo;
        from.Before = null;
    }

    private Entry? RecordedAt(Origin from) =>
        from.Directory.IsAttached && new ObservedDirectory(from.Directory.Library, from.Directory.Path()).Row(state) is { } row
            ? state.Find(new EntryKey(row, from.Name)) : null;

    // The hints of a rename say where the file was.
    private bool Follow(PlannedPath path, FileIdentity identity)
    {
        if (path.From.CameFrom is not { } from || path.HintedSource is not null)
            return false;
        var recorded = RecordedAt(from);
        if (recorded is null && from.Before?.Photo is { } lost && lost.Identity == identity)
        {
            path.Lost = lost;
            recorded = RecordedAt(lost.From) is { } entry && entry.PhotoId == lost.PhotoId ? entry : null;
        }

        if (recorded is null || recorded.Key == path.Key || recorded.Identity != identity
            || Recorded(recorded) is not { HintedTarget: null } source
            || (from.IsExchange && source.OnDisk?.Identity != identity))
            return false;
        TellSpellings(path, source);
        if (path.OnDisk is null)
            return true;
        (path.HintedSource, source.HintedTarget) = (source, path);
        if (source.OnDisk?.Identity == identity)
            _leftBehind.Enqueue(source);
        return true;
    }

    // One file found at two names: where that may be one name in two spellings, only what a listing has is there.
    private void TellSpellings(PlannedPath path, PlannedPath other)
    {
        if (path.OnDisk is not { } left || other.OnDisk is not { } right
            || !Spelling.MayBeOne(path.Directory, path.Key.Name, other.Directory, other.Key.Name, left, right))
            return;
        _spelling ??= new Spelling(tree);
        // Nobody else misses a twin that every look finds under another name.
        if (!_spelling.IsThere(other.Directory.Library, other.Directory.Path, other.Key.Name))
            (other.OnDisk, other.IsTwin) = (null, false);
        else if (!_spelling.IsThere(path.Directory.Library, path.Directory.Path, path.Key.Name))
            path.OnDisk = null;
    }
}
