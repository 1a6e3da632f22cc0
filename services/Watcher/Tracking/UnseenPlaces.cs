using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Tracking;

/// <summary>
/// What of the libraries cannot be seen now: directories with all below, and names. It is tried again from time to time, and all
/// that a report says of it comes from here. Owned by the tracker's thread.
/// </summary>
/// <param name="compare">Compares directories with all below; see <see cref="Patrol"/>.</param>
/// <param name="look">Looks again at the unseen names of directories.</param>
internal sealed class UnseenPlaces(
    TimeSpan interval, TimeProvider time,
    Func<IReadOnlyList<DirectoryNode>, Func<TimeSpan?>> compare, Func<IReadOnlyList<DirectoryNode>, Func<TimeSpan?>> look)
{
    // Where the watches of a whole disk are used up, counting takes long and is asked for after each hint: a twentieth of the time
    // goes into it at most.
    private const int Share = 20;
    private static readonly TimeSpan Cheap = TimeSpan.FromMilliseconds(1);
    // What takes longer stood still: a process that was stopped while it counted does not keep what it had counted for hours.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    private readonly Patrol _directories = new(interval, time, stays: node => node.Trouble is not null, compare);
    private readonly Patrol _names = new(interval, time, stays: node => node.UnseenNames is not null, look, isWithAllBelow: false);
    private readonly Dictionary<WatchedLibrary, List<byte[]>> _lostMounts = [];
    private Dictionary<WatchedLibrary, Unseen>? _reported;
    private TimeSpan _reporting;
    private long _reportedAt;

    public IEnumerable<DirectoryNode> Directories => _directories.Directories.Where(node => node.IsAttached && node.Trouble is not null);

    /// <summary>The directory has a <see cref="DirectoryNode.Trouble"/>.</summary>
    public void Add(DirectoryNode directory)
    {
        _directories.Add(directory);
        IsNotSeen(directory.Library);
    }

    /// <returns>False: it was known that some of its names cannot be looked at.</returns>
    public bool AddName(DirectoryNode directory, ReadOnlySpan<byte> name, Trouble trouble)
    {
        bool isFirst = directory.UnseenNames is null;
        directory.CannotSee(name, trouble);
        _names.Add(directory);
        IsNotSeen(directory.Library);
        return isFirst;
    }

    /// <summary>Disks that were mounted inside the library, and whose place is gone with them: what is recorded below stays.</summary>
    /// <param name="mounts">Their paths, with a slash at the end.</param>
    public void SetLostMounts(WatchedLibrary library, List<byte[]> mounts)
    {
        if (mounts.Count > 0)
            _lostMounts[library] = mounts;
        else
            _lostMounts.Remove(library);
        IsNotSeen(library);
    }

    public void Remove(WatchedLibrary library)
    {
        _directories.Remove(library);
        _names.Remove(library);
        _lostMounts.Remove(library);
        _reported = null;
    }

    /// <returns>How long until something is tried again; null: nothing is to be, or it is under way.</returns>
    public TimeSpan? Work()
    {
        var directories = _directories.Work();
        var names = _names.Work();
        return directories is null || names < directories ? names ?? directories : directories;
    }

    /// <summary>By library; one that is seen wholly is not in it.</summary>
    /// <param name="everywhere">What keeps all of them from being known; null: nothing.</param>
    public IReadOnlyDictionary<WatchedLibrary, Unseen> Report(IEnumerable<WatchedLibrary> libraries, Trouble? everywhere)
    {
        if (everywhere is null && _reported is not null && time.GetElapsedTime(_reportedAt) < _reporting * Share)
            return _reported;
        long began = time.GetTimestamp();
        var report = Find(libraries, everywhere);
        _reportedAt = time.GetTimestamp();
        _reporting = time.GetElapsedTime(began, _reportedAt) is var took && took < Longest ? took : Longest;
        _reported = everywhere is null && _reporting > Cheap ? report : null;
        return report;
    }

    // A report that says less than there is would let something be claimed.
    private void IsNotSeen(WatchedLibrary library)
    {
        if (_reported?.ContainsKey(library) == false)
            _reported = null;
    }

    private Dictionary<WatchedLibrary, Unseen> Find(IEnumerable<WatchedLibrary> libraries, Trouble? everywhere)
    {
        var counts = new Dictionary<WatchedLibrary, (long Count, List<UnseenPlace> Places)>();
        if (everywhere is not null)
        {
            foreach (var library in libraries)
                Add(library, () => new UnseenPlace { Reason = everywhere.Reason, Remedy = everywhere.Remedy });
        }

        foreach (var node in Directories.Where(node => !IsBelowUnseen(node)))
            Add(node.Library, () => Place(node.Path(), node.Trouble!));
        foreach (var node in _names.Directories.Where(node => node.IsAttached && node.UnseenNames is not null && !IsBelowUnseen(node)))
            Add(node.Library, () => Place(node.Path(), node.UnseenNames!));
        foreach (var (library, mounts) in _lostMounts)
        {
            foreach (var mount in mounts)
                Add(library, () => Place(mount, LostMount));
        }

        return counts.ToDictionary(each => each.Key, each => new Unseen(each.Value.Count, each.Value.Places));

        void Add(WatchedLibrary library, Func<UnseenPlace> place)
        {
            var (count, places) = counts.TryGetValue(library, out var before) ? before : (0, []);
            if (count < Unseen.MostPlaces)
                places.Add(place());
            counts[library] = (count + 1, places);
        }
    }

    private static readonly Trouble LostMount = new(
        "the disk that was mounted here is not, and the directory is gone, too",
        "nothing below is deleted; mount it again, or accept the library's root as it is now (POST .../root/accept)");

    // Of a directory all below is not seen: what was tried there is no place of its own.
    private static bool IsBelowUnseen(DirectoryNode node)
    {
        for (var above = node.Parent; above is not null; above = above.Parent)
        {
            if (above is { IsOpaque: true, Trouble: not null })
                return true;
        }

        return false;
    }

    private static UnseenPlace Place(byte[] path, Trouble trouble) => new() { Directory = Text(path), Reason = trouble.Reason, Remedy = trouble.Remedy };

    private static UnseenPlace Place(byte[] path, UnseenNames unseen) =>
        Place(path, unseen.Trouble) with { Name = PhotoPath.Encode(unseen.First), Names = unseen.Count };

    private static string Text(byte[] path) => path.Length == 0 ? "" : PhotoPath.Encode(path.AsSpan()[..^1]);
}
