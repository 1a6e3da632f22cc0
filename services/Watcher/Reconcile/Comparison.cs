using Mono.Unix.Native;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Planning;
using WatchPhoto.Watcher.State;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Reconcile;

/// <summary>
/// Compares some extent of the disks with the state: names, directories or whole trees; a live event, a new directory, a
/// restart and an overflow differ in nothing else. Runs in steps, so that a long one leaves room for others; what is
/// recorded but not there is deleted in the last, after it had every chance to turn up elsewhere.
/// </summary>
internal sealed class Comparison
{
    // Of a step: a disk that did not answer for an hour is not left alone for four.
    private static readonly TimeSpan MostWorked = TimeSpan.FromSeconds(10);

    private readonly DirectoryTree _tree;
    private readonly IComparisonEvents _events;
    private readonly TimeProvider _time;
    private readonly Queue<(DirectoryNode Directory, bool Recursive)> _directories = new();
    private readonly Recorder _recorder;
    private readonly Walk _walk;
    private readonly Scope _scope;
    private readonly Suspects _suspects;
    private readonly DiskChanges _changes;
    private readonly MovedDirectories _moved;
    private readonly MountsInside _mounts;
    private readonly TreeUpdate _update;
    private readonly NameLooks _names;
    private readonly ListingMerge _listings;
    private readonly MoveWait _wait;
    private DirectoryNode? _root;
    private long _stepStarted;

    public Comparison(
        StateDatabase state, DirectoryTree tree, Planner planner, Func<long, WatchedLibrary?> libraryByRow,
        IComparisonEvents events, TimeProvider time, TaskScheduler readers)
    {
        (_tree, _events, _time, Started) = (tree, events, time, time.GetTimestamp());
        _recorder = new Recorder(this, state, planner, libraryByRow, events);
        _walk = new Walk(readers);
        _scope = new Scope(state, _recorder);
        _suspects = new Suspects(tree, _scope, _recorder, events);
        _changes = new DiskChanges(tree);
        _moved = new MovedDirectories(this, state, tree, planner, events);
        _mounts = new MountsInside(state);
        _update = new TreeUpdate(tree, events, _walk, _scope, _suspects, _moved, _changes, _mounts);
        _names = new NameLooks(tree, _update, _suspects, _recorder, events);
        _listings = new ListingMerge(state, _walk, _update, _suspects, _recorder, _changes, events);
        _wait = new MoveWait(events, time);
    }

    /// <summary>After what time a step ends.</summary>
    public required TimeSpan StepTime { get; init; }

    /// <summary>The library whose root is compared with all below, and so the whole disk; null: less than that.</summary>
    public WatchedLibrary? Whole { get; private set; }

    /// <summary>Whether that library has been let go of meanwhile, or begun anew.</summary>
    public bool IsOutdated => Whole?.Root != _root;

    /// <summary>No event led to it: what it misses, nobody saw go.</summary>
    public bool IsUnwitnessed { get; set; }

    /// <summary>It met a directory that has moved, with all below.</summary>
    public bool HasMoved => _moved.WereMet;

    /// <summary>Not all names that were heard of have been looked at: what another misses may be at one of them.</summary>
    public bool HasNamesToLookAt => _names.Count > 0;

    /// <summary>
    /// Since when it has waited for where a file has gone whose place another took; null: it does not. Another name of a file that
    /// has several takes no place, and files without lasting numbers are told apart by all that one comparison has seen.
    /// </summary>
    public long? WaitsSince => _recorder.Missing.Exists(one => one.OnDisk is { Links: 1, IsNumberMadeUp: false }) ? _wait.Since : null;

    /// <summary>Files looked at so far.</summary>
    public long Files => _recorder.Files;

    /// <summary>How many there will be, if the directories that are to come are like their neighbours; 0: nothing says so yet.</summary>
    public long FilesExpected => _walk.Done > 0 ? (long)(Files / _walk.Done) : 0;

    public long Started { get; }

    /// <summary>How long it has worked. A step that hung, or in which the process was stopped, counts for ten seconds at most.</summary>
    public TimeSpan Worked { get; private set; }

    /// <inheritdoc cref="NameLooks.Renames"/>
    public IReadOnlyDictionary<DirectoryNode, Dictionary<byte[], Origin>> Renames { set => _names.Renames = value; }

    /// <summary>When the oldest of the hints was read that led to it; null: none did, or what they led to is recorded.</summary>
    public long? HintedAt { get; set; }

    /// <inheritdoc cref="NameLooks.Add"/>
    public void Add(DirectoryNode directory, Dictionary<byte[], bool> names) => _names.Add(directory, names);

    public void Add(DirectoryNode directory, bool recursive)
    {
        if (directory.Parent is null && recursive)
        {
            (Whole, _root) = (directory.Library, directory);
            _walk.GoesAhead = true;
        }

        _directories.Enqueue((directory, recursive));
    }

    /// <summary>The root of the library was removed.</summary>
    public void AddEmptied(WatchedLibrary library) => _scope.AddEmptied(library);

    /// <summary>Compares for a short while and records what differs.</summary>
    /// <returns>True: all is compared.</returns>
    public bool Step()
    {
        _stepStarted = _time.GetTimestamp();
        bool ended = Advance();
        var worked = _time.GetElapsedTime(_stepStarted);
        Worked += worked < MostWorked ? worked : MostWorked;
        return ended;
    }

    /// <summary>Ends it before its time; whatever it was to find is to be compared anew.</summary>
    public void Abandon()
    {
        _suspects.Abandon();
        _walk.Abandon();
    }

    private bool Advance()
    {
        while (Next())
        {
            _moved.BringAlong();
            if (_recorder.IsFull || _time.GetElapsedTime(_stepStarted) >= StepTime)
            {
                _recorder.RecordStep();
                return false;
            }
        }

        return Finish();
    }

    private bool Next()
    {
        if (_names.LookAtNext())
            return true;
        if (_walk.ToGoOn is { } listed)
            EnterNext(listed);
        else if (_walk.TakeNext() is { } entered)
            Compare(entered);
        else if (_directories.TryDequeue(out var directory))
            Start(directory.Directory, directory.Recursive);
        else
            return false;
        return true;
    }

    private void EnterNext(Frame listed)
    {
        bool inTurn = _walk.BeginToEnter();
        if (listed.Node.IsAttached)
            _walk.EndToEnter(listed, _update.Enter(listed.Node, listed.Open, listed.Directories.Peek(), listed.Recursive, inTurn, listed));
        else
            _walk.Drop();
    }

    private void Compare(Frame entered)
    {
        // Hints taken between two steps may have moved the directory (then its path is the new one) or taken it away.
        if (entered.Node.IsAttached)
            _listings.Compare(entered);
        else
            _walk.End(entered);
    }

    private void Start(DirectoryNode node, bool recursive)
    {
        if (!node.IsAttached)
            return;
        // It could not be read, or its disk was away: whether that is so still is seen from above.
        if (node is { IsOpaque: true, Parent: not null })
        {
            _names.AddName(node);
            return;
        }

        var error = _tree.Open(node, out var open);
        if (error == 0 && !_mounts.IsKnown(node, open!))
        {
            open!.Dispose();
            error = Errno.ENOENT;
        }

        if (error == 0)
            _update.Enter(node, open!, recursive);
        else
            _names.NotThere(node, error, recursive);
    }

    private bool Finish()
    {
        if (BeginAgain())
            return false;
        _suspects.ResolveDirectories();
        bool moved = _recorder.HasManySteps && _suspects.LookAgain(_changes.Once(_recorder.TakeMissing()));

        // First all sees what has only moved: what is missing then is missing indeed.
        _recorder.Record(final: false, removed: []);
        if (_recorder.Missing.Exists(one => one.OnDisk is not null))
        {
            _recorder.HasManySteps = true;
            if (_wait.GoesOn(moved))
                return false;
        }

        if (Whole is null && !_scope.HasEmptied && _events.StillMoving(this) is { } other)
        {
            // What is missing here may be in a directory that has moved and has not been looked at yet, or be seen by the other.
            other.TakeOver(this);
            return true;
        }

        // All that has appeared is known: of files that are the same by all that lasts, those that only moved can be told.
        if (_recorder.Missing.Exists(one => one.OnDisk is { IsNumberMadeUp: true }))
        {
            _recorder.ObserveMissing();
            _recorder.Record(final: false, removed: [], isAll: true);
        }

        _recorder.ObserveMissing();
        var removed = _scope.AddVanished();
        _recorder.Replace(_changes.Once(_recorder.Observed));
        Spare(removed);
        _recorder.Record(final: true, removed);
        return true;
    }

    private bool BeginAgain()
    {
        var again = _changes.TakeChanged(_suspects.Places);
        if (again.Count == 0)
            return false;
        _recorder.RecordStep();
        foreach (var node in again)
            _directories.Enqueue((node, Recursive: true));
        return true;
    }

    // What is not to be deleted. Files that took another's place are told of all the same.
    private void Spare(List<ObservedDirectory> removed)
    {
        var observed = _recorder.Observed;
        var judged = MissedEntries.Of(observed.Where(IsMissed), Whole, _scope.Disks, IsUnwitnessed);
        if (judged.Count == 0)
            return;
        foreach (var missed in judged.Values)
            _events.Judge(missed);

        Verdict Of(ObservedDirectory directory) => judged.TryGetValue(directory.Library, out var missed) ? missed.Of(directory) : Verdict.Delete;
        if (observed.Where(one => one.OnDisk is null && Of(one.Directory) == Verdict.Keep).ToList() is { Count: > 0 } kept)
            _recorder.Keep(kept);
        observed.RemoveAll(one => one.OnDisk is null && Of(one.Directory) != Verdict.Delete);
        removed.RemoveAll(directory => judged.TryGetValue(directory.Library, out var missed) && !missed.MayRemove(directory));
    }

    private void TakeOver(Comparison ended)
    {
        _scope.TakeOver(ended._scope);
        _recorder.TakeOver(ended._recorder);
        IsUnwitnessed |= ended.IsUnwitnessed;
    }

    // What its library's settings exclude now is not missed.
    private static bool IsMissed(Observation one) =>
        one.OnDisk is null && one.Directory.Library.Filter.Includes(one.Directory.Path, one.Name);
}
