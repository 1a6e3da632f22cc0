using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Planning;
using WatchPhoto.Watcher.State;

namespace WatchPhoto.Watcher.Reconcile;

/// <summary>
/// What a comparison has seen and not recorded yet, and what of that is missing: a step's observations become one plan, and none is
/// older than its step. What is missing waits for the end of the comparison.
/// </summary>
internal sealed class Recorder(
    Comparison comparison, StateDatabase state, Planner planner, Func<long, WatchedLibrary?> libraryByRow, IComparisonEvents events)
{
    /// <summary>As many observations are one plan at most.</summary>
    public const int StepSize = 4096;

    public List<Observation> Observed { get; private set; } = [];

    public List<Observation> Missing { get; private set; } = [];

    /// <summary>Files looked at so far.</summary>
    public long Files { get; set; }

    /// <summary>Others have had their turn since the comparison began, or it goes on with what another has missed.</summary>
    public bool HasManySteps { get; set; }

    public bool IsFull => Observed.Count >= StepSize;

    public void Miss(ObservedDirectory directory, Entry entry)
    {
        if (!entry.IsMissing)
            Observed.Add(new Observation { Directory = directory, Name = entry.Key.Name, OnDisk = null });
    }

    /// <summary>What is missing so far, and is to be looked at again: it is in neither list any more.</summary>
    public List<Observation> TakeMissing()
    {
        List<Observation> missing = [.. Missing, .. Observed.Where(one => one.OnDisk is null)];
        Observed.RemoveAll(one => one.OnDisk is null);
        Missing = [];
        return missing;
    }

    /// <summary>What is missing is judged with the next plan.</summary>
    public void ObserveMissing()
    {
        Observed.AddRange(Missing);
        Missing = [];
    }

    public void TakeOver(Recorder ended)
    {
        Missing.AddRange(ended.Missing);
        ended.Missing = [];
        HasManySteps = true;
    }

    /// <summary>Keeps each of the missing once, as chosen.</summary>
    public void Replace(List<Observation> observed) => Observed = observed;

    public void RecordStep()
    {
        HasManySteps = true;
        Record(final: false, removed: []);
    }

    public void Record(bool final, List<ObservedDirectory> removed, bool isAll = false)
    {
        DropOutdated();
        if (Observed.Count > 0 || removed.Count > 0)
        {
            state.Transact(() =>
            {
                Missing.AddRange(planner.Record(Observed, libraryByRow, final, removed, events, isAll));
                foreach (var directory in removed)
                {
                    foreach (var row in state.DirectoriesBelow(directory.Library, directory.Path))
                        state.RemoveDirectory(row.Row);
                }
            });
            events.Recorded(comparison);
        }

        Observed.Clear();
    }

    /// <summary>They stay, marked missing, as a person has decided.</summary>
    public void Keep(List<Observation> kept) => state.Transact(() => planner.Keep(kept));

    // A directory was moved or taken away since it was looked into: whoever found that out has looked at its new place, and
    // sees to what is recorded at the old one. Recorded now, nobody would ever come for it.
    private void DropOutdated()
    {
        ObservedDirectory? last = null;
        bool isCurrent = false;
        Observed.RemoveAll(one =>
        {
            if (one.Directory != last)
                (last, isCurrent) = (one.Directory, one.Directory.IsCurrent);
            return !isCurrent;
        });
    }
}
