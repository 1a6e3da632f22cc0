using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Reconcile;
using WatchPhoto.Watcher.State;

namespace WatchPhoto.Watcher.Planning;

/// <summary>
/// Writes what was decided: entries, and messages into the outbox, in the transaction it is called in. Each path is in it at most
/// once, and of each library all has one version. Decides nothing.
/// </summary>
/// <param name="removed">
/// Directories that are gone with all below, topmost ones: their entries need no event of their own. Those are taken out in which
/// a file was found after all, that took another's place.
/// </param>
internal sealed class Plan(StateDatabase state, IndexersClock time, RecentlyGone recentlyGone, List<ObservedDirectory> removed)
{
    private readonly Dictionary<WatchedLibrary, LibraryChanges> _changes = [];
    private readonly List<Observation> _missing = [];

    /// <param name="events">Receives what is left for later.</param>
    /// <returns>Paths that were left alone, to be looked at again.</returns>
    public IReadOnlyList<Observation> Write(IReadOnlyList<PlannedPath> paths, ReadOnlySpan<Outcome> outcomes, IComparisonEvents events)
    {
        // What is forgotten is forgotten before anything else is kept.
        foreach (var path in paths)
            Prepare(path, outcomes[path.Index], events);
        if (removed.Count > 0)
            SpareThoseWithFiles(paths, outcomes);

        foreach (var path in paths)
            Write(path, outcomes[path.Index]);
        foreach (var directory in removed)
            Of(directory.Library).Tell(FileEventKind.DirectoryRemoved, PhotoPath.Encode(directory.Path.AsSpan()[..^1]));
        foreach (var changes in _changes.Values)
            changes.Finish();
        return _missing;
    }

    private void Prepare(PlannedPath path, in Outcome outcome, IComparisonEvents events)
    {
        if (outcome.Kind == OutcomeKind.Unfinished)
            events.Unfinished(path.From);
        else if (outcome.Kind == OutcomeKind.TooSoon)
            events.LookLater(path.From, outcome.Wait);
        else if (outcome.Kind == OutcomeKind.FoundAgain)
            state.Put(path.Directory.Library, path.Recorded!, path.Recorded! with { IsMissing = false });
        else if (outcome.Forgets)
            Forget(path);
    }

    private void SpareThoseWithFiles(IReadOnlyList<PlannedPath> paths, ReadOnlySpan<Outcome> outcomes)
    {
        foreach (var path in paths)
        {
            if (outcomes[path.Index].IsTold)
                removed.RemoveAll(directory => directory.Covers(path.Directory));
        }
    }

    private void Write(PlannedPath path, in Outcome outcome)
    {
        if (outcome.Kind is OutcomeKind.Absent or OutcomeKind.Deferred or OutcomeKind.Ambiguous)
            _missing.Add(path.From);
        if (outcome.IsTold)
            Put(path, outcome);
        else if (outcome.IsRemoved)
            Remove(path, outcome);
    }

    private void Put(PlannedPath path, in Outcome outcome)
    {
        var changes = Of(path.Directory.Library);
        if (outcome.Displaces)
            Remember(path.Recorded!, changes.Version);
        changes.Put(path, outcome);
    }

    private void Remove(PlannedPath path, in Outcome outcome)
    {
        var changes = Of(path.Directory.Library);
        changes.Remove(path);
        if (outcome.Kind == OutcomeKind.Gone)
            Remember(path.Recorded!, changes.Version);
        // A move says itself that its source is gone, unless that is in another library.
        if (outcome.Other?.Directory.Library != path.Directory.Library && !removed.Any(directory => directory.Covers(path.Directory)))
            changes.Tell(FileEventKind.Deleted, path.Text());
    }

    private LibraryChanges Of(WatchedLibrary library)
    {
        if (!_changes.TryGetValue(library, out var changes))
            _changes.Add(library, changes = new LibraryChanges(state, library, state.NextVersion(library, time)));
        return changes;
    }

    private void Remember(Entry entry, long version)
    {
        var now = IndexersClock.TimeOf(version);
        state.Remember(entry, now);
        if (entry.Identity.IsWeak)
            recentlyGone.Add(entry, now);
    }

    private void Forget(PlannedPath path)
    {
        var identity = path.OnDisk!.Value.Identity;
        state.Forget(identity, path.FormerName);
        if (identity.IsWeak && recentlyGone.Remove(identity) is { } gone && gone.PhotoId != Guid.Empty)
            state.Forget(identity, gone.Name);
    }
}
