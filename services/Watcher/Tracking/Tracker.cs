using Microsoft.Extensions.Logging;
using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Kernel;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Reconcile;
using WatchPhoto.Watcher.State;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Tracking;

/// <summary>
/// Turns hints into looks, and looks into plans: what is due when, and in which order, is said in <see cref="Work"/>. Knows no
/// thread, no kernel and no bus: one thread calls it, and a test may be that thread. Hints only ever say where to look; what is
/// recorded comes from the disk.
/// </summary>
internal sealed partial class Tracker
{
    private readonly StateDatabase _state;
    private readonly IndexersClock _time;
    private readonly ILogger _log;
    private readonly TaskScheduler _readers;
    private readonly DirectoryTree _tree;
    private readonly Agenda _agenda;
    private readonly ComparedDisks _compared;
    private readonly RunningComparisons _running;
    private readonly Patrols _patrols;
    private readonly RootGuard _guard;
    private readonly Hints _hints;
    private readonly ComparisonReports _reports;
    private readonly Planner _planner;
    private readonly Audit _audit;
    private readonly Recoveries _recoveries;
    private readonly Resyncs _resyncs;
    private readonly VersionRepair _versions;
    private readonly Roster _roster;
    private bool _hasStarted;
    private bool _hasClockProblem;
    // When the oldest hint was read that is not looked at yet.
    private long? _hintedAt;

    /// <param name="recorded">Called when messages are in the outbox.</param>
    /// <param name="ask">Sends a question to the catalog.</param>
    /// <param name="readers">Where scans have directories read ahead; null: a thread of their own.</param>
    public Tracker(
        StateDatabase state, IDisk disk, WatcherOptions options, TimeProvider time, ILogger log, Action recorded,
        Action<CatalogPartRequested> ask, TaskScheduler? readers = null)
    {
        (_state, _time, _log) = (state, new IndexersClock(time), log);
        _readers = readers ?? new ReaderThread();
        _tree = new DirectoryTree(disk);
        _agenda = new Agenda(time);
        _compared = new ComparedDisks(state, options, _time, log);
        _running = new RunningComparisons(_agenda, options, _time, NewComparison, _compared.Ended);
        _patrols = new Patrols(options, time, _running.ComparePatrolled, _running.LookPatrolled);
        _guard = new RootGuard(state, disk, _tree, _agenda, _running, _patrols, options, time, log);
        _hints = new Hints(_tree, _agenda, _guard, _patrols, options, time, log);
        var holds = new Holds(state, options.MostDeletions);
        _reports = new ComparisonReports(_agenda, _hints, _guard, _patrols, _running, holds, options, time, recorded, log);
        _planner = new Planner(state, _tree, options, _time) { NotSeen = _reports.SourceNotSeen };
        _audit = new Audit(options, _time);
        _recoveries = new Recoveries(state, ask, time);
        _resyncs = new Resyncs(state, options, _time, recorded);
        _versions = new VersionRepair(state, _time, _resyncs, log);
        _roster = new Roster(state, options, _time, _agenda, _guard, _recoveries, _versions, recorded, log);
        lock (state.Gate)
        {
            _roster.Load();
            _versions.Start(_roster.Libraries);
            foreach (var move in state.MovesToTell())
                _planner.FinishMove(move, _roster.ByRow(move.Directory.Library)!);
        }
    }

    /// <summary>Told how long it took from the reading of a hint to the transaction with what it led to.</summary>
    public Action<TimeSpan>? ChangeRecorded { init => _reports.ChangeRecorded = value; }

    /// <inheritdoc cref="Planner.MovedAtOnce"/>
    public int MovedAtOnce { init => _planner.MovedAtOnce = value; }

    /// <inheritdoc cref="Comparison.StepTime"/>
    public TimeSpan StepTime { get; init; } = TimeSpan.FromMilliseconds(50);

    public int Watches => _tree.Watches;

    public IReadOnlyCollection<WatchedLibrary> Libraries => _roster.Libraries;

    /// <inheritdoc cref="Roster.Refused"/>
    public IReadOnlyDictionary<string, string> Refused => _roster.Refused;

    /// <summary>How this host's clock contradicts the indexers', and what helps; null: it does not. Nothing is proven meanwhile.</summary>
    public Trouble? ClockProblem => _time.Problem;

    /// <inheritdoc cref="VersionRepair.AwaitsTime"/>
    public bool AwaitsTime => _versions.AwaitsTime;

    /// <summary>Whether nothing is to be looked at now.</summary>
    public bool IsIdle => _agenda.IsEmpty && _running.IsEmpty;

    /// <summary>Begins with the libraries known from the last run; the indexer need not be there.</summary>
    public void Start()
    {
        if (_versions.HoldsStart)
            return;
        _hasStarted = true;
        foreach (var library in _roster.Libraries)
        {
            if (library.IsRecovering)
                _recoveries.Begin(library);
            else if (library.Root is null)
                _guard.Open(library);
        }
    }

    /// <inheritdoc cref="Hints"/>
    public void Hint(int watch, WatchMask mask, uint cookie, ReadOnlySpan<byte> name) => _hints.Take(watch, mask, cookie, name);

    /// <summary>When the hints were read that came last.</summary>
    public void HintsRead(long timestamp) => _hintedAt ??= timestamp;

    /// <inheritdoc cref="Hints.Lost"/>
    public void Overflow() => _hints.Lost();

    /// <summary>Does what is due, for a short while. Before each call belong the hints of all that has happened until then.</summary>
    /// <returns>How long nothing will be due unless a hint comes; zero: there is more to do now.</returns>
    public TimeSpan Work()
    {
        if (!_hasStarted)
            Start();
        if (!_hasStarted)
            return VersionRepair.StartInterval;

        var next = _guard.Work(_roster.Libraries);
        next = Earlier(next, _patrols.Work());
        next = Earlier(next, _recoveries.AskAgain());
        next = Earlier(next, _resyncs.Work(_roster.Libraries));
        if (_hints.TakeLoss(out var loss))
            CompareAll();
        next = Earlier(next, loss);
        next = Earlier(next, _hints.BringDue());
        if (!_agenda.IsEmpty)
            _running.Begin(_hints.TakeRenames(), _hintedAt);
        _hintedAt = null;
        // A step may have put something off: when that is due, the next call finds.
        if (_running.Step())
            return TimeSpan.Zero;
        next = Earlier(next, _audit.Work(_roster.Libraries, NewComparison, _compared.Ended));
        return _guard.HasDoubts ? TimeSpan.Zero : next;
    }

    /// <summary>Takes the announced libraries that this watcher owns. What is not announced stays as it is.</summary>
    /// <param name="sentBy">Which indexer announces.</param>
    /// <param name="sentAt">By its clock; null: it does not say.</param>
    public void Announced(IReadOnlyList<Library> libraries, Guid? sentBy = null, DateTimeOffset? sentAt = null)
    {
        if (sentAt is { } time)
            SeeTime(sentBy ?? Guid.Empty, time);
        _versions.Consider(libraries, _roster.ById);
        _roster.Announced(_versions.Checked(libraries));
    }

    /// <summary>Does what was asked for, if the library is one of this host.</summary>
    public void Act(LibraryActionRequested request)
    {
        if (_roster.ById(request.LibraryId) is not { } library)
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
                _guard.Accept(library);
                break;
        }
    }

    /// <summary>Takes a part of the catalog's picture of a library, if this watcher asked for it.</summary>
    public void Take(CatalogPart part)
    {
        if (part.StateId == _state.Id && _roster.ById(part.LibraryId) is { } library
            && _recoveries.Take(library, part, _time.HighestVersion))
        {
            LogRecovered(library.Id, library.Entries);
            _guard.Open(library);
        }
    }

    /// <inheritdoc cref="RunningComparisons.ScanOf"/>
    public Comparison? ScanOf(WatchedLibrary library) => _running.ScanOf(library);

    /// <summary>The audit of the whole library that is under way, if one is.</summary>
    public Comparison? AuditOf(WatchedLibrary library) => _audit.Of(library);

    /// <inheritdoc cref="ComparedDisks.TakeHasCompared"/>
    public bool TakeHasCompared() => _compared.TakeHasCompared();

    public IEnumerable<DirectoryNode> Troubled(WatchedLibrary library) =>
        _patrols.Unseen.Directories.Where(node => node.Library == library);

    /// <summary>What cannot be seen now, by library; one that is seen wholly is not in it.</summary>
    public IReadOnlyDictionary<WatchedLibrary, Unseen> Unseen() => _patrols.Unseen.Report(_roster.Libraries, ClockProblem);

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

    private Comparison NewComparison() => new(_state, _tree, _planner, _roster.ByRow, _reports, _time, _readers)
    {
        StepTime = StepTime,
    };

    // What was lost may be anywhere.
    private void CompareAll()
    {
        _running.AbandonScans();
        foreach (var library in _roster.Libraries)
            _agenda.Compare(library);
    }

    private static TimeSpan Earlier(TimeSpan left, TimeSpan? right) => right is { } other && other < left ? other : left;

    [LoggerMessage(LogLevel.Warning, "{Problem}. Changes are told by the indexers' clock meanwhile")]
    private partial void LogClockWrong(Trouble problem);

    [LoggerMessage(LogLevel.Information, "The clock of this host agrees with the indexers' again")]
    private partial void LogClockRight();

    [LoggerMessage(LogLevel.Information, "{Library}: {Action} requested: {Reason}")]
    private partial void LogAction(string library, LibraryAction action, string reason);

    [LoggerMessage(LogLevel.Information, "{Library}: learned {Entries} entries from the catalog")]
    private partial void LogRecovered(string library, long entries);
}
