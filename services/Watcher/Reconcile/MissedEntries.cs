using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Reconcile;

/// <summary>
/// What a comparison did not find of one library, by the disk it is recorded on: the root's, or one that is mounted inside
/// (<see cref="WatchedLibrary.DiskOf"/>). Each is judged by itself, for a disk that answers may still be empty for a while.
/// </summary>
/// <param name="isWhole">The library was compared as a whole.</param>
internal sealed class MissedEntries(WatchedLibrary library, bool isWhole)
{
    private readonly Dictionary<byte[], Verdict> _verdicts = [];

    public WatchedLibrary Library { get; } = library;

    public bool IsWhole { get; } = isWhole;

    /// <summary>Disks that were compared from their roots on.</summary>
    public HashSet<byte[]> Compared { get; } = [];

    /// <summary>How many entries were not found, by disk.</summary>
    public Dictionary<byte[], int> Counts { get; } = [];

    public void Decide(byte[] disk, Verdict verdict) => _verdicts[disk] = verdict;

    public Verdict Of(ObservedDirectory directory) => _verdicts.GetValueOrDefault(Library.DiskOf(directory.Path), Verdict.Delete);

    /// <summary>Whether all of a directory that is gone may be deleted.</summary>
    public bool MayRemove(ObservedDirectory directory) =>
        Of(directory) == Verdict.Delete
        && !_verdicts.Any(each => each.Value != Verdict.Delete && each.Key.AsSpan().StartsWith(directory.Path));

    /// <summary>What is judged of a comparison, by library; a library that is not in it misses only what somebody saw go.</summary>
    /// <param name="whole">The library that was compared as a whole; null: none was.</param>
    /// <param name="disks">Disks inside libraries that were compared from their roots on.</param>
    /// <param name="isUnwitnessed">No event led to the comparison.</param>
    public static Dictionary<WatchedLibrary, MissedEntries> Of(
        IEnumerable<Observation> missed, WatchedLibrary? whole, IEnumerable<DirectoryNode> disks, bool isUnwitnessed)
    {
        var byLibrary = new Dictionary<WatchedLibrary, MissedEntries>();
        if (whole is not null)
        {
            foreach (byte[] disk in whole.Disks)
                In(whole).Compared.Add(disk);
        }

        // One that could not be listed after all says nothing.
        foreach (var root in disks.Where(root => root is { IsAttached: true, IsOpaque: false }))
            In(root.Library).Compared.Add(root.Library.DiskOf(root.Path()));
        if (byLibrary.Count == 0 && !isUnwitnessed)
            return byLibrary;

        foreach (var directory in missed.GroupBy(one => one.Directory))
        {
            var library = directory.Key.Library;
            if (!isUnwitnessed && !byLibrary.ContainsKey(library))
                continue;
            byte[] disk = library.DiskOf(directory.Key.Path);
            if (isUnwitnessed || In(library).Compared.Contains(disk))
                In(library).Counts[disk] = In(library).Counts.GetValueOrDefault(disk) + directory.Count();
        }

        return byLibrary;

        MissedEntries In(WatchedLibrary library)
        {
            if (!byLibrary.TryGetValue(library, out var missed))
                byLibrary.Add(library, missed = new MissedEntries(library, library == whole));
            return missed;
        }
    }
}
