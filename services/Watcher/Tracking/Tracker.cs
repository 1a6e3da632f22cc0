using Microsoft.Extensions.Logging;
using Mono.Unix.Native;
using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Kernel;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Reconcile;
using WatchPhoto.Watcher.State;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Tracking;

/// <summary>
/// Turns hints into looks, and looks into plans. Knows no thread, no kernel and no bus: one thread calls it, and a test may
/// be that thread. Hints only ever say where to look; what is recorded comes from the disk.
/// </summary>
internal sealed partial class Tracker : IComparisonEvents
{
    private const int MostSettledAtOnce = 4096;

    private readonly StateDatabase _state;
    private readonly IDisk _disk;
    private readonly WatcherOptions _options;
    private readonly IndexersClock _time;
    private readonly ILogger _log;
    private readonly TaskScheduler _readers;
    private readonly DirectoryTree _tree;
    private readonly Planner _planner;
    private readonly Agenda _agenda;
    private readonly MoveWindow _moves;
    private readonly SettlingNames _settling;
    private readonly Renames _renames = new();
    private readonly Dictionary<string, WatchedLibrary> _libraries = [];
    private readonly Dictionary<long, WatchedLibrary> _byRow = [];
    private readonly Dictionary<string, string> _refused = [];
    // Their roots are not where they were. That is believed when all hints of how it came to be are in.
    private readonly HashSet<WatchedLibrary> _doubted = [];
    private readonly Patrols _patrols;
    private readonly RunningComparisons _running;
    private readonly ComparedDisks _compared;
    private readonly Action _recorded;
    private readonly Overflows _overflows;
    private readonly Audit _audit;
    private readonly Holds _holds;
    private readonly SharedRoots _roots;
    private readonly WatchedRoots _watched;
    private readonly Recoveries _recoveries;
    private readonly Resyncs _resyncs;
    private readonly VersionRepair _versions;
    private bool _hasStarted;
    private bool _hasClockProblem;
    // When the oldest hint was read that is not looked at yet.
    private long? _hintedAt;
    private long _moveHints;
    private long _rootsChecked;

    /// <param name="recorded">Called when messages are in the outbox.</param>
    /// <param name="ask">Sends a question to the catalog.</param>
    /// <param name="readers">Where scans have directories read ahead; null: a thread of their own.</param>
    public Tracker(
        StateDatabase state, IDisk disk, WatcherOptions options, TimeProvider time, ILogger log, Action recorded,
        Action<CatalogPartRequested> ask, TaskScheduler? readers = null)
    {
        (_state, _disk, _options, _time, _log, _recorded) = (state, disk, options, new IndexersClock(time), log, recorded);
        _readers = readers ?? new ReaderThread();
        _tree = new DirectoryTree(disk);
        _planner = new Planner(state, _tree, options, _time) { NotSeen = SourceNotSeen };
        _agenda = new Agenda(time);
        _compared = new ComparedDisks(state, options, _time, log);
        _running = new RunningComparisons(_agenda, options, _time, NewComparison, _compared.Ended);
        _patrols = new Patrols(options, time, _running.ComparePatrolled, _running.LookPatrolled);
        _moves = new MoveWindow(options.MoveWindow, time);
        _settling = new SettlingNames(options.SettleTime, time);
        _overflows = new Overflows(time);
        _audit = new Audit(options, _time);
        _roots = new SharedRoots(_tree);
        _watched = new WatchedRoots(options);
        _holds = new Holds(state, options.MostDeletions);
        _recoveries = new Recoveries(state, ask, time);
        _resyncs = new Resyncs(state, options, _time, recorded);
        _versions = new VersionRepair(state, _time, _resyncs, log);
        _rootsChecked = time.GetTimestamp();
        lock (state.Gate)
        {
            foreach (var library in state.Libraries())
                Take(library);
            _versions.Start(_libraries.Values);
            foreach (var move in state.MovesToTell())
                _planner.FinishMove(move, _byRow[move.Directory.Library]);
        }
    }

    /// <summary>Told how long it took from the reading of a hint to the transaction with what it led to.</summary>
    public Action<TimeSpan>? ChangeRecorded { get; init; }

    /// <inheritdoc cref="Planner.MovedAtOnce"/>
    public int MovedAtOnce { init => _planner.MovedAtOnce = value; }

    /// <inheritdoc cref="Comparison.StepTime"/>
    public TimeSpan StepTime { get; init; } = TimeSpan.FromMilliseconds(50);

    public int Watches => _tree.Watches;

    public IReadOnlyCollection<WatchedLibrary> Libraries => _libraries.Values;

    /// <summary>Libraries of this host that are not watched, by id, and why.</summary>
    public IReadOnlyDictionary<string, string> Refused => _refused.Concat(_libraries.Values
        .Where(library => library.Refused is { Length: > 0 } && !_refused.ContainsKey(library.Id))
        .Select(library => KeyValuePair.Create(library.Id, library.Refused!))).ToDictionary();

    /// <summary>How this host's clock contradicts the indexers', and what helps; null: it does not. Nothing is proven meanwhile.</summary>
    public Trouble? ClockProblem => _time.Problem;

    /// <inheritdoc cref="VersionRepair.AwaitsTime"/>
    public bool AwaitsTime => _versions.AwaitsTime;

    /// <summary>Begins with the libraries known from the last run; the indexer need not be there.</summary>
    public void Start()
    {
        if (_versions.HoldsStart)
            return;
        _hasStarted = true;
        foreach (var library in _libraries.Values)
        {
            if (library.IsRecovering)
                _recoveries.Begin(library);
            else if (library.Root is null)
                Open(library);
        }
    }

    public void Hint(int watch, WatchMask mask, uint cookie, ReadOnlySpan<byte> name)
    {
        if (mask.HasFlag(WatchMask.Overflow))
        {
            Overflow();
            return;
        }

        // A directory that has left the tree: what happens there is nobody's concern.
        if (_tree.ByWatch(watch) is not { } node)
            return;

        node.Touch();
        if (node.Library is { Held: not null, Root: { } root })
            _patrols.Held.Add(root);
        if (name.Length > 0)
            HintAt(node, mask, cookie, name);
        else if (mask.HasFlag(WatchMask.Ignored))
            Lost(node);
        else if (node.Parent is null && mask.HasFlag(WatchMask.DeleteSelf))
            RootIsRemoved(node.Library);
        else if (node.Parent is null)
            _doubted.Add(node.Library);
        else if (mask.HasFlag(WatchMask.Attributes) && (node.Trouble is not null || node.UnseenNames is not null))
            _agenda.Compare(node, recursive: true);
    }

    /// <summary>When the hints were read that came last.</summary>
    public void HintsRead(long timestamp) => _hintedAt ??= timestamp;

    /// <summary>Hints were lost: anything may have changed.</summary>
    public void Overflow()
    {
        _renames.Clear();
        if (_overflows.Seen() is { } wait)
            LogOverflow(wait.TotalSeconds);
    }

    /// <summary>Does what is due, for a short while. Before each call belong the hints of all that has happened until then.</summary>
    /// <returns>How long nothing will be due unless a hint comes; zero: there is more to do now.</returns>
    public TimeSpan Work()
    {
        if (!_hasStarted)
            Start();
        if (!_hasStarted)
            return VersionRepair.StartInterval;

        foreach (var library in _doubted.Where(library => library.Refused is not null || !IsRootThere(library)))
        {
            // Away, or another one: Open says which, and goes on by itself when it is back.
            Close(library);
            Open(library);
        }

        _doubted.Clear();
        var next = CheckRoots();
        next = Earlier(next, _patrols.Work());
        next = Earlier(next, _recoveries.AskAgain());
        next = Earlier(next, _resyncs.Work(_libraries.Values));
        if (_overflows.IsDue(out var overflow))
            CompareAll();
        next = Earlier(next, overflow);
        TimeSpan? nextMove;
        while (_moves.TakeExpired(out nextMove) is { } left)
            _agenda.Look(left.Directory, left.Name, mayBeUnfinished: false);
        next = Earlier(Earlier(next, nextMove), _agenda.BringDue());
        TimeSpan? nextQuiet = null;
        for (int looks = 0; looks < MostSettledAtOnce && _settling.TakeQuiet(out nextQuiet) is { } quiet; looks++)
            _agenda.Look(quiet.Directory, quiet.Name, mayBeUnfinished: false);
        next = Earlier(next, nextQuiet);

        if (!_agenda.IsEmpty)
            _running.Begin(_renames.Take(), _hintedAt);
        _hintedAt = null;
        // A step may have put something off: when that is due, the next call finds.
        if (_running.Step())
            return TimeSpan.Zero;
        next = Earlier(next, _audit.Work(_libraries.Values, NewComparison, _compared.Ended));
        return _doubted.Count > 0 ? TimeSpan.Zero : next;
    }

    /// <summary>Takes the announced libraries that this watcher owns. What is not announced stays as it is.</summary>
    /// <param name="sentBy">Which indexer announces.</param>
    /// <param name="sentAt">By its clock; null: it does not say.</param>
    public void Announced(IReadOnlyList<Library> libraries, Guid? sentBy = null, DateTimeOffset? sentAt = null)
    {
        if (sentAt is { } time)
            SeeTime(sentBy ?? Guid.Empty, time);
        _versions.Consider(libraries, _libraries.GetValueOrDefault);
        libraries = _versions.Checked(libraries);
        Pause(libraries.Select(library => library.Id).ToHashSet());
        foreach (var announced in libraries.Where(IsOwn))
        {
            var known = _libraries.GetValueOrDefault(announced.Id);
            if (announced.RemovedAt is not null || announced.Kind != Library.StoreKind || announced.Backend != Library.LocalBackend)
            {
                _refused.Remove(announced.Id);
                if (known is not null)
                    LetGo(known);
            }
            else if (Problem(announced) is { } problem)
            {
                if (_refused.GetValueOrDefault(announced.Id) != problem)
                    LogRefused(announced.Id, problem);
                _refused[announced.Id] = problem;
            }
            else
            {
                _refused.Remove(announced.Id);
                if (known is null)
                    Add(announced);
                else
                    Change(known, announced);
            }
        }

        // Moved to another host, or given to another watcher: that one takes care of it now.
        foreach (var elsewhere in libraries.Where(library => !IsOwn(library)))
        {
            _refused.Remove(elsewhere.Id);
            if (_libraries.TryGetValue(elsewhere.Id, out var known))
                LetGo(known);
        }
    }

    /// <summary>Does what was asked for, if the library is one of this host.</summary>
    public void Act(LibraryActionRequested request)
    {
        if (_libraries.GetValueOrDefault(request.LibraryId) is not { } library)
            return;
        LogAction(library.Id, request.Action, request.Reason);
        switch (request.Action)
        {
            case LibraryAction.Compare:
                _agenda.Compare(library);
                break;
            case LibraryAction.Resync when !library.IsRecovering:
                _resyncs.Begin(library);
                break;
            case LibraryAction.AcceptDeletions:
                library.Decision = Verdict.Delete;
                _agenda.Compare(library);
                break;
            case LibraryAction.RefuseDeletions:
                library.Decision = Verdict.Keep;
                _agenda.Compare(library);
                break;
            case LibraryAction.AcceptRoot:
                AcceptRoot(library);
                break;
        }
    }

    /// <summary>Takes a part of the catalog's picture of a library, if this watcher asked for it.</summary>
    public void Take(CatalogPart part)
    {
        if (part.StateId == _state.Id && _libraries.GetValueOrDefault(part.LibraryId) is { } library && _recoveries.Take(library, part, _time.HighestVersion))
        {
            LogRecovered(library.Id, library.Entries);
            Open(library);
        }
    }

    private void SeeTime(Guid indexer, DateTimeOffset sentAt)
    {
        _time.See(indexer, sentAt);
        var problem = _time.Problem;
        if (problem is not null && !_hasClockProblem)
            LogClockWrong(problem);
        else if (problem is null && _hasClockProblem)
            LogClockRight();
        _hasClockProblem = problem is not null;
    }

    // One that nobody owns any more (the registry is an old one again) stays with who has it; nobody begins with it.
    private bool IsOwn(Library library) =>
        library.Host == _options.Host && (library.Owner is { } owner ? owner == _state.Id : _libraries.ContainsKey(library.Id));

    // A registry emptied or restored from a backup: nobody would take what these libraries have to tell.
    private void Pause(HashSet<string> announced)
    {
        foreach (var library in _libraries.Values.Where(library => library.IsPaused == announced.Contains(library.Id)).ToList())
        {
            library.IsPaused = !library.IsPaused;
            _state.Transact(() => _state.SaveLibrary(library));
            if (library.IsPaused)
                LogPaused(library.Id);
            else
                _recorded();
        }
    }

    // Whatever is at the library's path, and mounted below it, is the library now.
    private void AcceptRoot(WatchedLibrary library)
    {
        library.RootIdentity = null;
        library.Mounts.Clear();
        _state.Transact(() =>
        {
            _state.SaveLibrary(library);
            _state.SaveMounts(library);
        });
        Close(library);
        Open(library);
    }

    /// <summary>The scan of the whole library that is running, if one is.</summary>
    public Comparison? ScanOf(WatchedLibrary library) => _running.ScanOf(library);

    /// <summary>The audit of the whole library that is under way, if one is.</summary>
    public Comparison? AuditOf(WatchedLibrary library) => _audit.Of(library);

    /// <summary>Whether a library was compared as a whole since this was last asked.</summary>
    public bool TakeHasCompared() => _compared.TakeHasCompared();

    /// <summary>Whether nothing is to be looked at now.</summary>
    public bool IsIdle => _agenda.IsEmpty && _running.IsEmpty;

    public IEnumerable<DirectoryNode> Troubled(WatchedLibrary library) =>
        _patrols.Unseen.Directories.Where(node => node.Library == library);

    /// <summary>What cannot be seen now, by library; one that is seen wholly is not in it.</summary>
    public IReadOnlyDictionary<WatchedLibrary, Unseen> Unseen() => _patrols.Unseen.Report(_libraries.Values, ClockProblem);

    long IComparisonEvents.Moves => _moveHints;

    TimeSpan IComparisonEvents.MoveWindow => _options.MoveWindow;

    void IComparisonEvents.RootIsGone(WatchedLibrary library) => _doubted.Add(library);

    WatchedLibrary? IComparisonEvents.LibraryAt((ulong Device, ulong Inode) identity) => _roots.At(identity);

    void IComparisonEvents.RootIsInside(WatchedLibrary inner, DirectoryNode parent, byte[] name)
    {
        // Closed between two comparisons: this one may be in the middle of it.
        var later = _roots.Met(parent.Library, [.. parent.Path(), .. name, (byte)'/'], inner);
        later.Refused ??= "";
        _doubted.Add(later);
    }

    void IComparisonEvents.Trouble(DirectoryNode node, Trouble trouble)
    {
        if (node.Trouble != trouble)
            LogTrouble(node.Library.Id, NameComparer.Display(node.Path()), trouble);
        node.Trouble = trouble;
        _patrols.Unseen.Add(node);
    }

    void IComparisonEvents.NumbersDoNotLast(DirectoryNode node)
    {
        var top = node;
        while (top.Parent is { } parent && parent.Identity.Device == node.Identity.Device)
            top = parent;
        var library = top.Library;
        LogNumbersDoNotLast(library.Id, NameComparer.Display(top.Path()));
        if (_tree.Open(top, out var open) != 0)
            return;
        using (open)
        {
            if (top.Parent is null)
                library.RootIdentity = open!.RootIdentity;
            else if (library.Mounts.ContainsKey(top.Path()))
                library.Mounts[top.Path()] = open!.RootIdentity;
        }

        _state.Transact(() =>
        {
            _state.SaveLibrary(library);
            _state.SaveMounts(library);
        });
        _agenda.Compare(library);
    }

    private void SourceNotSeen(ObservedDirectory directory, byte[] name, Errno error)
    {
        IComparisonEvents events = this;
        if (DirectoryTree.Find(directory.Library, directory.Path) is not { } node)
            return;
        if (name.Length > 0)
            events.NameNotSeen(node, name, error);
        else if (error == Errno.ESTALE)
            events.RootIsGone(directory.Library);
        else
            events.Trouble(node, Trouble.Of(error));
    }

    void IComparisonEvents.NameNotSeen(DirectoryNode node, ReadOnlySpan<byte> name, Errno error)
    {
        var trouble = Trouble.Of(error);
        if (_patrols.Unseen.AddName(node, name, trouble))
            LogTrouble(node.Library.Id, NameComparer.Display([.. node.Path(), .. name]), trouble);
    }

    void IComparisonEvents.Judge(MissedEntries missed)
    {
        var library = missed.Library;
        long? held = library.Held;
        if (_holds.Judge(missed))
            _agenda.Compare(library);
        if (library.Held is { } missing && missing != held)
            LogHeld(library.Id, missing, library.Entries);
    }

    void IComparisonEvents.Polled(DirectoryNode node)
    {
        if (_patrols.Polled.Add(node))
            LogPolled(node.Library.Id, NameComparer.Display(node.Path()));
    }

    void IComparisonEvents.LookAgain(DirectoryNode node, byte[] name) => _agenda.LookLater(node, name, _options.RewriteInterval);

    void IComparisonEvents.LookLater(Observation observation, TimeSpan delay) =>
        _agenda.LookLater(observation.Live!, observation.Name, delay);

    void IComparisonEvents.Unfinished(Observation observation)
    {
        if (observation.Live is { } directory)
            _settling.Heard(directory, observation.Name);
    }

    void IComparisonEvents.CompareAgain(DirectoryNode node, bool recursive)
    {
        // Where no events are told it is looked into again anyway; now, beside the scan that has met it, it would be taken for gone
        // while the scan knows where it is.
        if (!node.IsUnwatched)
            _agenda.Compare(node, recursive);
    }

    Comparison? IComparisonEvents.StillMoving(Comparison but) => _running.StillMoving(but);

    void IComparisonEvents.Recorded(Comparison comparison)
    {
        if (comparison.HintedAt is { } hinted)
            ChangeRecorded?.Invoke(_time.GetElapsedTime(hinted));
        comparison.HintedAt = null;
        _recorded();
    }

    private void HintAt(DirectoryNode node, WatchMask mask, uint cookie, ReadOnlySpan<byte> name)
    {
        // It is written and not ready; that nobody may ever close it, as after truncate(2), shows when it is quiet.
        if (mask == WatchMask.Modify)
        {
            _settling.Heard(node, name);
            return;
        }

        if ((mask & (WatchMask.MovedFrom | WatchMask.MovedTo)) != 0)
            _moveHints++;
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
                _agenda.Look(left.Directory, left.Name, mayBeUnfinished: false);
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
        _agenda.Look(node, name, mayBeUnfinished);
    }

    // The kernel gave the watch back: the directory is gone, or its file system is.
    private void Lost(DirectoryNode node)
    {
        _tree.WatchIsGone(node);
        if (node.Parent is null)
            _doubted.Add(node.Library);
        else if (node.IsAttached)
            _agenda.Look(node.Parent, node.Name, mayBeUnfinished: false);
    }

    private Comparison NewComparison() => new(_state, _tree, _planner, _byRow.GetValueOrDefault, this, _time, _readers)
    {
        StepTime = StepTime,
    };

    // What was lost may be anywhere.
    private void CompareAll()
    {
        _running.AbandonScans();
        foreach (var library in _libraries.Values)
            _agenda.Compare(library);
    }

    // The kernel removes only an empty directory: all that was below was removed before, each with an event.
    private void RootIsRemoved(WatchedLibrary library)
    {
        GoOffline(library, $"The directory {library.Definition.Path} was removed; watching goes on when it is there again.");
        _running.CompareEmptied(library);
    }

    private void Add(Library definition)
    {
        WatchedLibrary library = null!;
        _state.Transact(() => library = _state.AddLibrary(definition));
        Take(library);
        LogWatching(definition.Id, definition.Path);
        if (definition.HighestVersion > 0)
        {
            LogRecovering(definition.Id);
            _recoveries.Begin(library);
        }
        else
        {
            Open(library);
        }
    }

    private void Take(WatchedLibrary library)
    {
        _libraries.Add(library.Id, library);
        _byRow.Add(library.Row, library);
    }

    private void Change(WatchedLibrary library, Library definition)
    {
        var before = library.Definition;
        if (Same(before with { HighestVersion = definition.HighestVersion, Owner = definition.Owner }, definition))
        {
            // Also with the old version: only a higher one is of use.
            library.SeeHighestVersion(definition.HighestVersion);
            return;
        }

        // Restored after a removal: the catalog has forgotten, or will not hear, what was told before.
        if (before.Epoch != definition.Epoch)
        {
            LetGo(library);
            Add(definition);
            return;
        }

        bool moved = before.Path != definition.Path;
        library.Redefine(definition);
        _state.Transact(() => _state.SaveLibrary(library));
        if (moved || before.Watch != definition.Watch || library.Root is null)
        {
            Close(library);
            Open(library);
        }
        else
        {
            _agenda.Compare(library.Root, recursive: true);
        }
    }

    private static bool Same(Library left, Library right) =>
        left with { Include = null, Exclude = null } == right with { Include = null, Exclude = null }
        && Same(left.Include, right.Include) && Same(left.Exclude, right.Exclude);

    private static bool Same(IReadOnlyList<string>? left, IReadOnlyList<string>? right) =>
        left is null || right is null ? left == right : left.SequenceEqual(right);

    private void LetGo(WatchedLibrary library)
    {
        Close(library);
        _doubted.Remove(library);
        _roots.Forget(library);
        _recoveries.Abandon(library);
        _versions.Abandon(library);
        _state.Transact(() => _state.RemoveLibrary(library, _time.GetUtcNow()));
        _libraries.Remove(library.Id);
        _byRow.Remove(library.Row);
        LogLetGo(library.Id);
    }

    private string? Problem(Library library)
    {
        if (library.Problem() is { } problem)
            return problem;
        if (GlobRules.Problem(library) is { } glob)
            return glob;
        var other = _libraries.Values.FirstOrDefault(other => other.Id != library.Id && other.Definition.Overlaps(library));
        return other is null
            ? null
            : $"The path {library.Path} overlaps {other.Definition.Path} of the library {other.Id}: give each file to one library.";
    }

    /// <summary>Watches the library if its root is there and is the one known; compares everything.</summary>
    private void Open(WatchedLibrary library)
    {
        if (library.IsRecovering)
            return;
        // Kept from before such globs were refused. Without knowing what is of interest nothing is compared.
        if (library.Filter.Problem is { } globs)
        {
            _refused[library.Id] = globs;
            GoOffline(library, globs);
            return;
        }

        library.Refused = null;
        var error = _disk.OpenRoot(library.RootPath, out var open);
        if (_watched.Refusal(library.Definition, _disk, open) is { } elsewhere)
        {
            open?.Dispose();
            Refuse(library, elsewhere);
            return;
        }

        if (error != 0)
        {
            var (reason, remedy) = Trouble.Of(error);
            GoOffline(library, error.MeansAbsent()
                ? $"The directory {library.Definition.Path} is not there: nothing is deleted, and watching goes on when it is back."
                : $"The directory {library.Definition.Path} cannot be opened ({reason}): {remedy}; nothing is deleted meanwhile.");
            return;
        }

        using (open)
        {
            // A library without entries has nothing to lose to another root.
            if (!KnownRoot.Is(library.RootIdentity, open!, out var identity) && library.Entries > 0)
            {
                GoOffline(library, $"Another directory is at {library.Definition.Path} than before (a disk not mounted, or replaced?): nothing is deleted.");
                return;
            }

            if (IsAnothers(library, open!))
                return;

            if (library.RootIdentity != identity)
            {
                library.RootIdentity = identity;
                _state.Transact(() => _state.SaveLibrary(library));
            }

            if (library.Offline is not null)
                LogOnline(library.Id);
            library.Offline = null;
            library.Root = new DirectoryNode(library, null, []) { Identity = (open!.Facts.Device, open.Facts.Inode) };
            _roots.Open(library, open);
            library.Directories = 1;
            _agenda.Compare(library.Root, recursive: true);
        }
    }

    // The later one of two that have one directory waits until the first is gone.
    private bool IsAnothers(WatchedLibrary library, IDirectory root)
    {
        var conflicts = _roots.Conflicts(library, root);
        if (conflicts.FirstOrDefault(conflict => SharedRoots.Later(library, conflict.Other) == library) is { Sentence: { } refusal })
        {
            Refuse(library, refusal);
            return true;
        }

        foreach (var (other, sentence) in conflicts)
            Refuse(other, sentence);
        return false;
    }

    private void Refuse(WatchedLibrary library, string sentence)
    {
        GoOffline(library, sentence);
        library.Refused = sentence;
        foreach (var (outer, path) in _roots.Around(library))
        {
            // It was left out for this one.
            int slash = path.AsSpan(0, path.Length - 1).LastIndexOf((byte)'/') + 1;
            if (DirectoryTree.Find(outer, path) is null or { IsOpaque: true } && DirectoryTree.Find(outer, path.AsSpan(0, slash)) is { } parent)
                _agenda.Look(parent, path.AsSpan(slash..^1), mayBeUnfinished: false);
        }
    }

    private void Close(WatchedLibrary library)
    {
        _roots.Close(library);
        if (library.Root is { } root)
        {
            library.Root = null;
            _tree.Drop(root);
        }

        _patrols.Remove(library);
        library.Holds.Clear();
    }

    private void GoOffline(WatchedLibrary library, string reason)
    {
        Close(library);
        if (library.Offline != reason)
            LogOffline(library.Id, reason);
        library.Offline = reason;
    }

    private TimeSpan CheckRoots()
    {
        var since = _time.GetElapsedTime(_rootsChecked);
        if (since >= _options.RootCheckInterval)
        {
            _rootsChecked = _time.GetTimestamp();
            since = TimeSpan.Zero;
            foreach (var library in _libraries.Values)
            {
                if (!IsRootThere(library))
                    _doubted.Add(library);
                CheckMounts(library);
            }
        }

        return _options.RootCheckInterval - since;
    }

    private bool IsRootThere(WatchedLibrary library)
    {
        if (library.Root is not { } root)
            return false;
        var error = _tree.Open(root, out var open);
        open?.Dispose();
        // Without a watch it was unmounted, and another may have been mounted since; or its turn to be watched has not come.
        return error == 0 && (root.Watch != DirectoryNode.NoWatch || root.IsPolled || root.Trouble is not null
            || _agenda.Compares(root) || ScanOf(library) is not null);
    }

    // No event tells that a disk was mounted.
    private void CheckMounts(WatchedLibrary library)
    {
        foreach (var mount in library.Mounts.Keys)
        {
            int slash = mount.AsSpan(0, mount.Length - 1).LastIndexOf((byte)'/');
            if (DirectoryTree.Find(library, mount.AsSpan(0, slash + 1)) is { } parent)
                _agenda.Look(parent, mount.AsSpan((slash + 1)..^1), mayBeUnfinished: false);
        }

        // During a scan they may only not have been met yet.
        if (library.Root is { IsListed: true } && ScanOf(library) is null)
            _patrols.Unseen.SetLostMounts(library, [.. library.Mounts.Keys.Where(mount => DirectoryTree.Find(library, mount) is null && IsRecordedBelow(library, mount))]);
    }

    private bool IsRecordedBelow(WatchedLibrary library, byte[] path)
    {
        lock (_state.Gate)
            return _state.AnyEntryBelow(library, path);
    }

    private static TimeSpan Earlier(TimeSpan left, TimeSpan? right) => right is { } other && other < left ? other : left;

    [LoggerMessage(LogLevel.Information, "{Library}: watching {Path}")]
    private partial void LogWatching(string library, string path);

    [LoggerMessage(LogLevel.Warning, "{Problem}. Changes are told by the indexers' clock meanwhile")]
    private partial void LogClockWrong(Trouble problem);

    [LoggerMessage(LogLevel.Information, "The clock of this host agrees with the indexers' again")]
    private partial void LogClockRight();

    [LoggerMessage(LogLevel.Information, "{Library}: not this watcher's any more; let go")]
    private partial void LogLetGo(string library);

    [LoggerMessage(LogLevel.Information, "{Library}: compared with the disk, {Files} files in {Seconds:F1} s, of which {Busy:F1} s at work")]
    private partial void LogCompared(string library, long files, double seconds, double busy);

    [LoggerMessage(LogLevel.Warning, "{Library}: not announced any more, nor removed; it is watched on, and what it has to tell waits until it is registered again")]
    private partial void LogPaused(string library);

    [LoggerMessage(LogLevel.Information, "{Library}: {Action} requested: {Reason}")]
    private partial void LogAction(string library, LibraryAction action, string reason);

    [LoggerMessage(LogLevel.Warning, "{Library}: this watcher's state does not know what the catalog holds of it; asking for that before anything is compared")]
    private partial void LogRecovering(string library);

    [LoggerMessage(LogLevel.Information, "{Library}: learned {Entries} entries from the catalog")]
    private partial void LogRecovered(string library, long entries);

    [LoggerMessage(LogLevel.Warning, "{Library}: offline. {Reason}")]
    private partial void LogOffline(string library, string reason);

    [LoggerMessage(LogLevel.Information, "{Library}: the root is back; comparing")]
    private partial void LogOnline(string library);

    [LoggerMessage(LogLevel.Warning, "{Library}: not watched. {Reason}")]
    private partial void LogRefused(string library, string reason);

    [LoggerMessage(LogLevel.Warning, "{Library}: {Directory}: {Trouble}")]
    private partial void LogTrouble(string library, string directory, Trouble trouble);

    [LoggerMessage(LogLevel.Warning, "The kernel dropped events; comparing everything in {Seconds:F1} s")]
    private partial void LogOverflow(double seconds);

    [LoggerMessage(LogLevel.Warning, "{Library}: {Missing} of {Entries} entries are not on the disk; held until they are back or a person accepts or refuses their deletion")]
    private partial void LogHeld(string library, long missing, long entries);

    [LoggerMessage(LogLevel.Warning, "{Library}: {Directory}: its file system makes up the inode numbers of files; from now on they are known by name, size and times")]
    private partial void LogNumbersDoNotLast(string library, string directory);

    [LoggerMessage(LogLevel.Information, "{Library}: {Directory}: its file system tells no events; polling")]
    private partial void LogPolled(string library, string directory);
}
