using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Libraries;

namespace WatchPhoto.Watcher.Planning;

/// <summary>
/// Who keeps a photo id. It lives at one path only, but for recorded links: the file has it that had it, wherever that is now;
/// else the path, whatever file it has now; else the file gets a new one. Decides upon facts alone.
/// </summary>
internal readonly ref struct Decisions
{
    private static readonly TimeSpan Young = TimeSpan.FromMinutes(1);

    private readonly Graph _graph;
    private readonly Pairs _pairs;
    private readonly PlanTerms _terms;
    private readonly Func<Guid> _newId;
    private readonly Span<Outcome> _outcomes;
    // Identities whose remembered ids are taken.
    private readonly HashSet<FileIdentity> _forgotten = [];

    private Decisions(Graph graph, in PlanTerms terms, Func<Guid> newId, Span<Outcome> outcomes)
    {
        (_graph, _pairs, _terms, _newId) = (graph, Pairing.Of(graph, terms), terms, newId);
        _outcomes = outcomes;
    }

    /// <param name="outcomes">Receives what becomes of each path of the graph, by its index.</param>
    public static void Decide(Graph graph, in PlanTerms terms, Func<Guid> newId, Span<Outcome> outcomes)
    {
        outcomes.Clear();
        var decisions = new Decisions(graph, terms, newId, outcomes);
        if (!terms.Final)
            decisions.Defer();
        foreach (var path in graph.Paths)
        {
            if (decisions._pairs.File(path) is { } file && outcomes[path.Index].Kind != OutcomeKind.Deferred)
                decisions.Set(path, decisions.OfFile(path, file));
        }

        foreach (var path in graph.Paths)
        {
            if (decisions._pairs.File(path) is null && outcomes[path.Index].Kind != OutcomeKind.Spent)
                decisions.Set(path, decisions.WithoutFile(path));
        }
    }

    private void Set(PlannedPath path, in Outcome outcome) => _outcomes[path.Index] = outcome;

    // The file that was here may turn up elsewhere, and takes its photo id along then: until the end nobody takes it over.
    private void Defer()
    {
        var paths = new Stack<PlannedPath>(_graph.Paths);
        while (paths.TryPop(out var path))
        {
            if (_outcomes[path.Index].Kind == OutcomeKind.Deferred || !(Inherits(path) || MakesRoomForTwin(path)))
                continue;
            Set(path, new Outcome(OutcomeKind.Deferred));
            if (_pairs.Source(path) is { } source)
            {
                // What took the source's place has taken over its id no less.
                _pairs.Part(source, path);
                paths.Push(source);
            }
        }
    }

    // Whether another file than the recorded one is here and goes on with its photo id: one that is unknown, or that is young
    // and has come from a name beside. An old one has an id of its own.
    private bool Inherits(PlannedPath path) =>
        _pairs.IsNewcomer(path) && _pairs.HasLost(path)
        && ((_pairs.Source(path)?.Recorded!.PhotoId ?? Remembered(path)) is not { } own || IsYoung(path.OnDisk!.Value.Identity, own));

    // While one that is the same may still appear, all must be recorded that could be meant.
    private bool MakesRoomForTwin(PlannedPath path) =>
        _pairs.IsNewcomer(path) && _pairs.HasLost(path) && path.Recorded!.Identity.IsWeak;

    private Outcome OfFile(PlannedPath path, in FileFacts file)
    {
        if (path.IsUnfinished)
            return new Outcome(OutcomeKind.Unfinished);
        if (!_pairs.IsNewcomer(path))
            return OfRecordedFile(path, file);
        if (Inherits(path))
            return Inherited(path);
        bool displaces = _pairs.HasLost(path);
        if (_pairs.Source(path) is { } source)
            return new Outcome(OutcomeKind.Moved, source.Recorded!.PhotoId, source, displaces);
        if (Remembered(path) is not { } remembered)
            return new Outcome(OutcomeKind.Created, _newId());
        Forget(path);
        return new Outcome(OutcomeKind.Returned, remembered, Displaces: displaces);
    }

    private Outcome OfRecordedFile(PlannedPath path, in FileFacts file)
    {
        if (path.Recorded!.Matches(file))
            return new Outcome(path.Recorded.IsMissing ? OutcomeKind.FoundAgain : OutcomeKind.Unchanged);
        return TooSoon(path) ?? new Outcome(OutcomeKind.Changed, path.Recorded.PhotoId);
    }

    private Outcome Inherited(PlannedPath path)
    {
        if (_pairs.Source(path) is { } source)
        {
            _pairs.Part(source, path);
            if (_pairs.File(source) is null)
                Set(source, new Outcome(OutcomeKind.Spent));
        }
        else if (TooSoon(path) is { } later)
        {
            return later;
        }

        Forget(path);
        return new Outcome(OutcomeKind.Inherited, path.Recorded!.PhotoId);
    }

    private Outcome WithoutFile(PlannedPath path)
    {
        var target = _pairs.Target(path);
        // One that has lost its recorded file is looked at again with that.
        if (_pairs.IsDoubted(path) && !_pairs.HasLost(path))
            return new Outcome(OutcomeKind.Ambiguous, Other: target);
        if (path.Recorded is not { } recorded)
            return default;
        if (target is not null)
            return new Outcome(OutcomeKind.Left, Other: target);
        // A twin that nobody asked for: whoever misses it will.
        if (path.IsTwin)
            return default;
        return new Outcome(_terms.Final && !recorded.IsMissing ? OutcomeKind.Gone : OutcomeKind.Absent);
    }

    // Told of at once, then at most once an interval. A version is the time of its plan. Null: it is not too soon.
    private Outcome? TooSoon(PlannedPath path)
    {
        if (path.From.Live is null)
            return null;
        var since = _terms.Now - IndexersClock.TimeOf(path.Recorded!.Version);
        if (since < TimeSpan.Zero || since >= _terms.RewriteInterval)
            return null;
        return new Outcome(OutcomeKind.TooSoon, Wait: _terms.RewriteInterval - since);
    }

    private bool IsYoung(FileIdentity identity, Guid photoId)
    {
        var since = identity.Birth is { } birth
            ? DateTimeOffset.FromUnixTimeSeconds(birth.Seconds)
            : PhotoIds.MintedAt(photoId);
        // Also of a clock that was ahead then: such a file is not young for as long.
        return (_terms.HostNow - since).Duration() < Young;
    }

    private Guid? Remembered(PlannedPath path)
    {
        var identity = path.OnDisk!.Value.Identity;
        var remembered = _forgotten.Contains(identity.Remembered(path.FormerName)) ? null : path.Remembered;
        if (!identity.IsWeak)
            return remembered;
        // What is recorded with this size and time is elsewhere, or has been told apart.
        if (_pairs.Namesakes.Contains(path) || _graph.Twins.GetValueOrDefault(identity) is not { Recorded: { } recorded } twins
            || recorded.Exists(twin => twin.Directory.Library == path.Directory.Library && twin.IsNamed(path.FormerName)))
            return null;
        bool mayBeLast = recorded.Count == 0 && !_pairs.Ambiguous.Contains(path) && !_forgotten.Contains(identity);
        if (remembered is null && mayBeLast && twins.JustGone is { } gone && gone.IsUnderWay(_terms.Now) && gone.PhotoId != Guid.Empty)
            remembered = gone.PhotoId;
        return path.Lost is { } lost && remembered != lost.PhotoId ? null : remembered;
    }

    private void Forget(PlannedPath path)
    {
        var identity = path.OnDisk!.Value.Identity;
        _forgotten.Add(identity.Remembered(path.FormerName));
        if (!identity.IsWeak)
            return;
        if (!_forgotten.Contains(identity) && _graph.Twins.GetValueOrDefault(identity)?.JustGone is { } gone && gone.PhotoId != Guid.Empty)
            _forgotten.Add(identity.Remembered(gone.Name));
        _forgotten.Add(identity);
    }
}
