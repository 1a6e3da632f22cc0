using Mono.Unix.Native;
using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.State;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Reconcile;

/// <summary>
/// Makes a plan of what was observed: the difference between what is recorded and what is there, by identity. Each path is
/// in it at most once; whatever a file was moved from is drawn into the same plan, so that chains, cycles and exchanges
/// are one. Writes entries and outbox in the transaction it is called in.
/// </summary>
internal sealed partial class Planner(StateDatabase state, DirectoryTree tree, WatcherOptions options, IndexersClock time)
{
    // Of a file's names, those that a live look asks after.
    private const int MostNames = 64;

    private static readonly TimeSpan Young = TimeSpan.FromMinutes(1);

    private readonly PhotoIds _ids = new(time);
    private readonly Dictionary<EntryKey, PlannedPath> _paths = [];
    private readonly List<PlannedPath> _order = [];
    private readonly Dictionary<FileIdentity, PlannedPath> _seen = [];
    // Of files with many names, those that were not asked after yet.
    private readonly Dictionary<FileIdentity, Queue<Entry>> _manyNames = [];
    private readonly Dictionary<long, (ObservedDirectory? Directory, IDirectory? Open)> _sources = [];
    private Func<long, WatchedLibrary?> _libraryByRow = _ => null;
    private IComparisonEvents _events = null!;

    /// <summary>Of a directory that moved, the entries in one transaction.</summary>
    public int MovedAtOnce { get; set; } = 4096;

    /// <summary>Told of a recorded name that a plan could not look at; empty: nor at any other in its directory.</summary>
    public Action<ObservedDirectory, byte[], Errno>? NotSeen { get; init; }

    /// <summary>Plans and records one step of a comparison.</summary>
    /// <param name="observations">Of a path that is met twice the first counts.</param>
    /// <param name="libraryByRow">The watched library of a state row.</param>
    /// <param name="final">
    /// Whether what is recorded and not there is deleted now, having had its chance to be a source; and whether a file that
    /// took its place takes over its photo id.
    /// </param>
    /// <param name="removed">
    /// Directories that are gone with all below, topmost ones: their entries need no event of their own. Those are taken out in
    /// which a file was found after all, that took another's place.
    /// </param>
    /// <param name="events">Receives what is left for later.</param>
    /// <param name="isAll">Whether all that has appeared in the comparison is among the observations.</param>
    /// <returns>Recorded paths whose file is not there and that were left alone because the step is not the final one.</returns>
    public IReadOnlyList<Observation> Record(
        IReadOnlyList<Observation> observations, Func<long, WatchedLibrary?> libraryByRow, bool final,
        List<ObservedDirectory> removed, IComparisonEvents events, bool isAll = false)
    {
        (_libraryByRow, _events) = (libraryByRow, events);
        try
        {
            foreach (var observation in observations)
                Add(observation);
            FindSources(final);
            MatchTwins(isAll || final, final);
            if (!final)
                LetWait();
            foreach (var path in _order)
                Settle(path);
            if (removed.Count > 0)
            {
                var found = _order.Where(path => path.PhotoId is not null).ToList();
                removed.RemoveAll(directory => found.Exists(path => directory.Covers(path.Directory)));
            }

            return Write(final, removed);
        }
        finally
        {
            foreach (var (_, open) in _sources.Values)
                open?.Dispose();
            _sources.Clear();
            _paths.Clear();
            _order.Clear();
            _seen.Clear();
            _manyNames.Clear();
            _twins.Clear();
            _leftBehind.Clear();
            _spelling?.CompareAway(events);
            _spelling = null;
        }
    }

    /// <summary>Marks recorded paths as missing and keeps them.</summary>
    public void Keep(IReadOnlyList<Observation> missing)
    {
        foreach (var one in missing)
        {
            if (one.Directory.Row(state) is { } row
                && state.Find(new EntryKey(row, one.Name)) is { } entry)
                state.Put(one.Directory.Library, entry, entry with { IsMissing = true });
        }
    }

    /// <summary>
    /// Records what directories that moved took along where it is now, each entry in the row it has. That the old directories are
    /// gone is told with all that are, in the end.
    /// </summary>
    /// <param name="moved">Loses those of which all is recorded.</param>
    /// <returns>How many entries; the rest is for another transaction.</returns>
    public int Bring(Queue<MovedDirectory> moved)
    {
        int told = 0;
        while (told < MovedAtOnce && moved.TryPeek(out var next))
        {
            if ((next.Telling ??= NextToTell(next)) is not { } telling)
            {
                moved.Dequeue();
                continue;
            }

            told += Tell(telling, next.Node.Library, MovedAtOnce - told);
            if (telling.Told is null)
                next.Telling = null;
        }

        return told;
    }

    /// <summary>Tells of the rest of a directory that moved, in a run that a crash has ended.</summary>
    public void FinishMove(MoveToTell move, WatchedLibrary library)
    {
        while (move.Told is not null)
            state.Transact(() => Tell(move, library, MovedAtOnce));
    }

    private int Tell(MoveToTell move, WatchedLibrary library, int most)
    {
        long version = state.NextVersion(library, time);
        var told = new List<(byte[], Entry)>();
        foreach (var recorded in state.EntriesOf(move.Directory.Row, move.Told, most))
        {
            var entry = recorded.At(recorded.Key.Path(move.Directory.Path), version);
            state.Update(library, recorded, entry);
            told.Add((move.Directory.Path, entry));
        }

        Outbox.Add(state, library, FileEventKind.Moved, told, move.Before);
        move.Told = told.Count < most ? null : told[^1].Item2.Key.Name;
        state.MoveIsTold(move.Directory.Row, move.Told);
        return told.Count;
    }

    // The next directory with entries gets the path where it is now. Null: there is none.
    private MoveToTell? NextToTell(MovedDirectory moved)
    {
        var (library, after) = (moved.Node.Library, moved.Node.Path());
        while (state.DirectoryFrom(library, moved.Next) is { } row && row.Path.AsSpan().StartsWith(moved.Before))
        {
            moved.Next = [.. row.Path, 0];
            byte[] path = [.. after, .. row.Path.AsSpan(moved.Before.Length)];
            if (!ComesAlong(library, row, path))
                continue;
            state.MoveDirectory(row, path);
            return new MoveToTell(row with { Path = path }, row.Path);
        }

        return null;
    }

    // If not, each of its files is looked for by itself.
    private bool ComesAlong(WatchedLibrary library, DirectoryRow row, byte[] path) =>
        state.EntriesOf(row.Row, [], 1) is [var first] && library.Filter.Includes(path, first.Key.Name)
        && !state.AnyMissing(row.Row)
        && !library.Mounts.Keys.Any(mount => row.Path.AsSpan().StartsWith(mount) || path.AsSpan().StartsWith(mount))
        && !(state.FindDirectory(library, path) is { } there && state.EntriesOf(there, [], 1).Count > 0)
        && (library.Filter.IsOfNames || state.EntriesOf(row.Row).ToList().TrueForAll(entry => library.Filter.IncludesFile(path, entry.Key.Name)));

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
        if (_paths.TryGetValue(key, out var met))
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
        if (path.IsUnfinished && path.OnDisk!.Value.Identity is { IsWeak: false } identity && (state.Find(identity).Count > 0 || Recall(path) is not null))
            path.MayBeUnfinished = false;
        Add(path);
    }

    private void Add(PlannedPath path)
    {
        _paths.Add(path.Key, path);
        _order.Add(path);
    }

    // A file that appears is looked for where its identity is recorded. If it is no longer there, it came from there;
    // and what is there instead may have come from elsewhere in turn: _order grows while it is walked.
    private void FindSources(bool final)
    {
        for (int i = 0; i < _order.Count; i++)
        {
            var path = _order[i];
            if (path.OnDisk is not { } onDisk || path.IsUnfinished)
                continue;
            if (onDisk.Identity.IsWeak)
            {
                FindTwins(path, onDisk.Identity);
            }
            else if (!final && !_seen.TryAdd(onDisk.Identity, path))
            {
                // One file at two places: a link, or it moved on between the looks. Others will tell.
                path.Doubt();
                _seen[onDisk.Identity].Doubt();
            }
            else if (path.IsNewcomer)
            {
                FindSource(path, onDisk.Identity);
            }

            while (_leftBehind.TryDequeue(out var twin))
                FindTwins(twin, twin.OnDisk!.Value.Identity);
        }
    }

    private void FindSource(PlannedPath path, FileIdentity identity)
    {
        foreach (var entry in NamesOf(identity, path.From.Live is not null))
        {
            if (entry.Key == path.Key || Source(entry) is not { } source || source.Goes is not null)
                continue;
            TellSpellings(path, source);
            if (path.OnDisk is null)
                return;
            if (source.OnDisk?.Identity == identity)
                continue;
            source.Goes = path;
            path.Source = source;
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
            var left = _order.Where(path => path.Recorded?.Identity == identity && path.OnDisk?.Identity != identity).Select(path => path.Recorded!);
            _manyNames.Add(identity, names = new Queue<Entry>(left.Concat(found)));
        }

        return Rest(names);

        static IEnumerable<Entry> Rest(Queue<Entry> names)
        {
            while (names.TryDequeue(out var name))
                yield return name;
        }
    }

    // Null: the entry's library cannot be looked at now, so nothing may be concluded from it.
    private PlannedPath? Source(Entry entry)
    {
        if (_paths.TryGetValue(entry.Key, out var known))
            return known;

        if (!_sources.TryGetValue(entry.Key.Directory, out var source))
        {
            if (state.Directory(entry.Key.Directory) is { } row && _libraryByRow(row.Library) is { Root: not null } library)
            {
                var directory = new ObservedDirectory(library, row.Path);
                var error = tree.Open(library, row.Path, out var open);
                if (error == 0 || error.MeansAbsent())
                {
                    source = (directory, open);
                    // It is not where the tree has it. Should it be there again before anybody finds that out, nobody would look into
                    // it, and this plan may take its files away.
                    if (DirectoryTree.Find(library, row.Path) is { } node && (open is null || !node.Is(open)))
                        _events.CompareAgain(node, recursive: true);
                }
                else
                {
                    NotSeen?.Invoke(directory, [], error);
                }
            }

            _sources.Add(entry.Key.Directory, source);
        }

        if (source.Directory is null)
            return null;

        FileFacts? onDisk = null;
        if (source.Open is not null)
        {
            var error = source.Open.Look(entry.Key.Name, out var facts);
            if (error != 0 && !error.MeansAbsent())
            {
                NotSeen?.Invoke(source.Directory, entry.Key.Name, error);
                return null;
            }

            if (error == 0 && facts.Kind == FileKind.File && source.Directory.Library.Filter.IncludesFile(source.Directory.Path, entry.Key.Name))
                onDisk = facts;
        }

        var path = new PlannedPath
        {
            Key = entry.Key,
            Directory = source.Directory,
            OnDisk = onDisk,
            Recorded = entry,
            From = new Observation { Directory = source.Directory, Name = entry.Key.Name, OnDisk = onDisk },
        };
        Add(path);
        return path;
    }

    // The file that was here may turn up elsewhere, and takes its photo id along then: until the end nobody takes it over.
    private void LetWait()
    {
        var paths = new Stack<PlannedPath>(_order);
        while (paths.TryPop(out var path))
        {
            if (path.Waits || !(TakesOver(path) || MakesRoomForTwin(path)))
                continue;
            path.Waits = true;
            if (path.Source is { } source)
            {
                // What took the source's place has taken over its id no less.
                path.Source = source.Goes = null;
                paths.Push(source);
            }
        }
    }

    // Whether another file than the recorded one is here and goes on with its photo id: one that is unknown, or that is young
    // and has come from a name beside. An old one has an id of its own.
    private bool TakesOver(PlannedPath path) =>
        path is { IsNewcomer: true, HasLost: true } && path.OnDisk!.Value.Identity is var identity
        && ((path.Source?.Recorded!.PhotoId ?? Recall(path)) is not { } own || IsYoung(identity, own));

    // Who keeps a photo id: the file that had it, wherever it is now; else the path, whatever file it has now.
    private void Settle(PlannedPath path)
    {
        if (path.OnDisk is not { } onDisk || path.Waits)
            return;
        if (path.IsUnfinished)
        {
            _events.Unfinished(path.From);
            return;
        }

        if (!path.IsNewcomer)
        {
            if (!path.Recorded!.Matches(onDisk))
            {
                if (!LeaveForLater(path))
                    path.Give(path.Recorded.PhotoId, FileEventKind.Changed);
            }
            else if (path.Recorded.IsMissing)
            {
                state.Put(path.Directory.Library, path.Recorded, path.Recorded with { IsMissing = false });
            }
        }
        else if (TakesOver(path))
        {
            if (path.Source is { } source)
            {
                path.Source = source.Goes = null;
                source.IsSpent = true;
            }
            else if (LeaveForLater(path))
            {
                return;
            }

            Forget(path);
            path.Give(path.Recorded!.PhotoId, FileEventKind.Changed);
        }
        else if (path.Source is { } source)
        {
            path.Displaces = path.HasLost;
            path.Give(source.Recorded!.PhotoId, FileEventKind.Moved);
        }
        else if (Recall(path) is { } remembered)
        {
            Forget(path);
            path.Displaces = path.HasLost;
            path.Give(remembered, path.Recorded is null ? FileEventKind.Created : FileEventKind.Changed);
        }
        else
        {
            path.Give(_ids.Next(), path.Recorded is null ? FileEventKind.Created : FileEventKind.Changed);
        }
    }

    // Told of at once, then at most once an interval. A version is the time of its plan.
    private bool LeaveForLater(PlannedPath path)
    {
        if (path.From.Live is null)
            return false;
        var since = time.GetUtcNow() - DateTimeOffset.UnixEpoch.AddMicroseconds(path.Recorded!.Version);
        if (since < TimeSpan.Zero || since >= options.RewriteInterval)
            return false;
        _events.LookLater(path.From, options.RewriteInterval - since);
        return true;
    }

    private bool IsYoung(FileIdentity identity, Guid photoId)
    {
        var since = identity.Birth is { } birth
            ? DateTimeOffset.FromUnixTimeSeconds(birth.Seconds)
            : PhotoIds.MintedAt(photoId);
        // Also of a clock that was ahead then: such a file is not young for as long.
        return (time.HostNow - since).Duration() < Young;
    }

    private List<Observation> Write(bool final, List<ObservedDirectory> removed)
    {
        var missing = new List<Observation>();
        var told = new Dictionary<WatchedLibrary, LibraryPlan>();
        LibraryPlan Of(WatchedLibrary library)
        {
            if (!told.TryGetValue(library, out var plan))
                told.Add(library, plan = new LibraryPlan(library, state.NextVersion(library, time)));
            return plan;
        }

        foreach (var path in _order)
        {
            // Where it has lost its recorded file, that is missing, and looked at again with it.
            if (path.IsDoubted && !path.HasLost)
                missing.Add(path.From);
            if (path.PhotoId is { } photoId)
            {
                var plan = Of(path.Directory.Library);
                if (path.Displaces)
                    Remember(path.Recorded!, IndexersClock.TimeOf(plan.Version));
                plan.Put(path, photoId, state);
            }
            else if (path.Waits)
            {
                missing.Add(path.From);
            }
            else if (path.OnDisk is null && path.Recorded is { } gone)
            {
                // A twin that nobody asked for: whoever misses it will.
                if (path is { IsTwin: true, Goes: null, IsSpent: false })
                    continue;
                if (path.Goes is null && !path.IsSpent && (!final || gone.IsMissing))
                {
                    missing.Add(path.From);
                    continue;
                }

                var plan = Of(path.Directory.Library);
                plan.Remove(path, state);
                if (path.Goes is null && !path.IsSpent)
                    Remember(gone, IndexersClock.TimeOf(plan.Version));
                // A move says itself that its source is gone, unless that is in another library.
                if ((path.Goes is not { } target || target.Directory.Library != path.Directory.Library)
                    && !removed.Any(directory => directory.Covers(path.Directory)))
                    plan.Events.Add(new FileEvent { Kind = FileEventKind.Deleted, Version = plan.Version, Path = path.Text() });
            }
        }

        foreach (var directory in removed)
        {
            var plan = Of(directory.Library);
            plan.Events.Add(new FileEvent
            {
                Kind = FileEventKind.DirectoryRemoved,
                Version = plan.Version,
                Path = PhotoPath.Encode(directory.Path.AsSpan()[..^1]),
            });
        }

        foreach (var plan in told.Values)
            plan.Finish(state);
        return missing;
    }

    private sealed class PlannedPath
    {
        public required EntryKey Key { get; init; }
        public required ObservedDirectory Directory { get; init; }
        public required FileFacts? OnDisk { get; set; }
        public required Entry? Recorded { get; init; }
        public required Observation From { get; init; }

        public bool MayBeUnfinished { get; set; }

        /// <summary>Where the file that is here now was recorded before.</summary>
        public PlannedPath? Source { get; set; }

        /// <summary>Where the file that was recorded here is now.</summary>
        public PlannedPath? Goes { get; set; }

        /// <summary>The recorded file went on under another path's photo id: its own ends.</summary>
        public bool IsSpent { get; set; }

        /// <summary>Another file took the recorded one's place, and where that has gone is not known yet.</summary>
        public bool Waits { get; set; }

        /// <summary>The recorded file made room for another with an id of its own: its id waits for its return.</summary>
        public bool Displaces { get; set; }

        /// <summary>It was looked at for another that is the same by all that lasts.</summary>
        public bool IsTwin { get; set; }

        /// <summary>Which of several photos it is, by size and time nothing tells.</summary>
        public bool IsAmbiguous { get; set; }

        /// <summary>The name it had, if the hints of a rename tell another.</summary>
        public byte[] FormerName => (Lost?.From ?? From.CameFrom)?.Name ?? Key.Name;

        /// <summary>Which photo it is, by the hints of renames between which it was not found.</summary>
        public LostPhoto? Lost { get; set; }

        /// <summary>Nor does its name.</summary>
        public bool HasNamesake { get; set; }

        /// <summary>It was not looked at together with what else was: what is here now is not known.</summary>
        public bool IsDoubted { get; private set; }

        public Guid? PhotoId { get; private set; }

        public FileEventKind Kind { get; private set; }

        /// <summary>Of a newcomer, or where nothing is: the recorded file is not known to be elsewhere.</summary>
        public bool HasLost => Recorded is not null && Goes is null;

        // By hints alone, where one that is the same by all that lasts has taken its place.
        public bool IsNewcomer => OnDisk is { } file && (Recorded?.Identity != file.Identity || Goes is not null || Source is not null);

        // A file that was created and not closed yet is announced when it is closed. A link has nothing to close.
        public bool IsUnfinished => MayBeUnfinished && Recorded is null && OnDisk is { Links: 1 };

        public void Doubt()
        {
            if (!IsNewcomer)
                return;
            Source?.Goes = null;
            (IsDoubted, OnDisk, Source) = (true, null, null);
        }

        public void Give(Guid photoId, FileEventKind kind)
        {
            PhotoId = photoId;
            Kind = kind;
        }

        public string Text() => Key.Path(Directory.Path);
    }

    /// <summary>The part of a plan in one library, with one version.</summary>
    private sealed class LibraryPlan(WatchedLibrary library, long version)
    {
        public long Version { get; } = version;

        /// <summary>What is more than an entry that is new.</summary>
        public List<FileEvent> Events { get; } = [];

        private readonly List<(byte[] Directory, Entry Entry)> _told = [];

        public void Put(PlannedPath path, Guid photoId, StateDatabase state)
        {
            var text = path.Text();
            var entry = Entry.Of(path.Key, text, photoId, Version, path.OnDisk!.Value);
            state.Put(library, path.Recorded, entry);

            bool within = path.Source?.Directory.Library == library;
            if (path.Kind == FileEventKind.Created || (path.Kind == FileEventKind.Moved && !within))
            {
                _told.Add((path.Directory.Path, entry));
                return;
            }

            Events.Add(new FileEvent
            {
                Kind = path.Kind,
                Version = Version,
                Path = text,
                OldPath = within ? path.Source!.Text() : null,
                PhotoId = photoId,
                File = entry.File,
            });
        }

        public void Remove(PlannedPath path, StateDatabase state) => state.Remove(library, path.Recorded!);

        public void Finish(StateDatabase state)
        {
            if (Events.Count == 0)
            {
                Outbox.Add(state, library, FileEventKind.Created, _told);
            }
            else
            {
                Events.AddRange(_told.Select(one => one.Entry.Event(FileEventKind.Created, one.Directory)));
                Outbox.Add(state, library, Events);
            }
        }
    }
}
