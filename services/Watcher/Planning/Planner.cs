using Mono.Unix.Native;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Reconcile;
using WatchPhoto.Watcher.State;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Planning;

/// <summary>
/// Makes a plan of what was observed: the difference between what is recorded and what is there, by identity. What it is about is
/// gathered (<see cref="Candidates"/>), decided (<see cref="Decisions"/>) and written (<see cref="Plan"/>), all in the
/// transaction it is called in.
/// </summary>
internal sealed class Planner
{
    private readonly StateDatabase _state;
    private readonly WatcherOptions _options;
    private readonly IndexersClock _time;
    private readonly RecentlyGone _gone;
    private readonly Candidates _candidates;
    private readonly SubtreeMove _subtrees;
    private readonly Func<Guid> _newId;
    private Outcome[] _outcomes = [];

    public Planner(StateDatabase state, DirectoryTree tree, WatcherOptions options, IndexersClock time)
    {
        (_state, _options, _time) = (state, options, time);
        _gone = new RecentlyGone(time);
        _candidates = new Candidates(state, tree, options, time, _gone);
        _subtrees = new SubtreeMove(state, time);
        _newId = new PhotoIds(time).Next;
    }

    /// <inheritdoc cref="SubtreeMove.MovedAtOnce"/>
    public int MovedAtOnce
    {
        get => _subtrees.MovedAtOnce;
        set => _subtrees.MovedAtOnce = value;
    }

    /// <inheritdoc cref="Candidates.NotSeen"/>
    public Action<ObservedDirectory, byte[], Errno>? NotSeen
    {
        init => _candidates.NotSeen = value;
    }

    /// <summary>Plans and records one step of a comparison.</summary>
    /// <param name="observations">Of a path that is met twice the first counts.</param>
    /// <param name="libraryByRow">The watched library of a state row.</param>
    /// <param name="final">
    /// Whether what is recorded and not there is deleted now, having had its chance to be a source; and whether a file that took its
    /// place takes over its photo id.
    /// </param>
    /// <param name="removed">
    /// Directories that are gone with all below, topmost ones. Those are taken out in which a file was found after all.
    /// </param>
    /// <param name="events">Receives what is left for later.</param>
    /// <param name="isAll">Whether all that has appeared in the comparison is among the observations.</param>
    /// <returns>Recorded paths whose file is not there and that were left alone because the step is not the final one.</returns>
    public IReadOnlyList<Observation> Record(
        IReadOnlyList<Observation> observations, Func<long, WatchedLibrary?> libraryByRow, bool final,
        List<ObservedDirectory> removed, IComparisonEvents events, bool isAll = false)
    {
        Span<Outcome> outcomes = [];
        try
        {
            var graph = _candidates.Gather(observations, libraryByRow, final, events);
            if (_outcomes.Length < graph.Paths.Count)
                _outcomes = new Outcome[graph.Paths.Count];
            outcomes = _outcomes.AsSpan(0, graph.Paths.Count);
            var terms = new PlanTerms(final, isAll, _time.GetUtcNow(), _time.HostNow, _options.RewriteInterval);
            Decisions.Decide(graph, terms, _newId, outcomes);
            return new Plan(_state, _time, _gone, removed).Write(graph.Paths, outcomes, events);
        }
        finally
        {
            // They hold on to what they are about.
            outcomes.Clear();
            _candidates.Clear(events);
        }
    }

    /// <summary>Marks recorded paths as missing and keeps them.</summary>
    public void Keep(IReadOnlyList<Observation> missing)
    {
        foreach (var one in missing)
        {
            if (one.Directory.Row(_state) is { } row
                && _state.Find(new EntryKey(row, one.Name)) is { } entry)
                _state.Put(one.Directory.Library, entry, entry with { IsMissing = true });
        }
    }

    /// <inheritdoc cref="SubtreeMove.Bring"/>
    public int Bring(Queue<MovedDirectory> moved) => _subtrees.Bring(moved);

    /// <inheritdoc cref="SubtreeMove.Finish"/>
    public void FinishMove(MoveToTell move, WatchedLibrary library) => _subtrees.Finish(move, library);
}
