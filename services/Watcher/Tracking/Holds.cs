using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Reconcile;
using WatchPhoto.Watcher.State;

namespace WatchPhoto.Watcher.Tracking;

/// <summary>
/// Decides what becomes of entries that a comparison did not find. More than half of a disk, or of a library, is held for a
/// person to decide, until it is back. Owned by the tracker's thread.
/// </summary>
/// <param name="most">As many may be missing without a question.</param>
internal sealed class Holds(StateDatabase state, int most)
{
    /// <returns>
    /// Whether the library is to be compared as a whole: too much is missing where only a part of its disk was compared.
    /// </returns>
    public bool Judge(MissedEntries missed)
    {
        var library = missed.Library;
        Verdict? decision = null;
        if (missed.IsWhole)
        {
            (decision, library.Decision) = (library.Decision, null);
            foreach (byte[] disk in library.Holds.Keys.Where(disk => !missed.Compared.Contains(library.DiskOf(disk))).ToList())
                library.Holds.Remove(disk);
        }

        int all = missed.Counts.Values.Sum();
        bool isTooMuch = all > most && all * 2L > library.Entries;
        bool asksWhole = false;
        foreach (byte[] disk in missed.Compared.Union(missed.Counts.Keys).ToList())
        {
            int count = missed.Counts.GetValueOrDefault(disk);
            bool isCompared = missed.Compared.Contains(disk);
            if (count == 0 || !(isTooMuch || IsTooMuch(library, disk, count)) || decision is not null)
            {
                missed.Decide(disk, decision ?? Verdict.Delete);
                if (isCompared)
                    library.Holds.Remove(disk);
                continue;
            }

            missed.Decide(disk, Verdict.Hold);
            if (isCompared)
                library.Holds[disk] = count;
            else
                asksWhole |= !library.Holds.ContainsKey(disk);
        }

        return asksWhole;
    }

    private bool IsTooMuch(WatchedLibrary library, byte[] disk, int count) =>
        count > most && count * 2L > library.EntriesOn(disk, path => state.CountEntriesBelow(library, path));
}
