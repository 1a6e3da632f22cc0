using System.Text;
using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Kernel;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Libraries;

/// <summary>
/// Tells the libraries' roots apart by what they are, device and inode, and not by their names: links and bind mounts give one
/// directory many. Of two libraries of which one is the other, or inside of it, the one registered later is refused for as long
/// as that is so. Owned by the tracker's thread.
/// </summary>
internal sealed class SharedRoots(DirectoryTree tree)
{
    // A path's longest; above that nobody looks.
    private const int MostAbove = 1360;

    private readonly Dictionary<(ulong Device, ulong Inode), WatchedLibrary> _open = [];
    private readonly Dictionary<WatchedLibrary, HashSet<(ulong, ulong)>> _above = [];
    private readonly Dictionary<WatchedLibrary, MountedPlace?> _places = [];
    // The root of the inner one was met in the outer one: a bind mount, which what is above a root does not show.
    private readonly List<(WatchedLibrary Outer, byte[] Path, WatchedLibrary Inner)> _met = [];

    /// <summary>The library that is watched with this directory as its root; null: none is.</summary>
    public WatchedLibrary? At((ulong, ulong) identity) => _open.GetValueOrDefault(identity);

    /// <summary>A root is watched from here on.</summary>
    public void Open(WatchedLibrary library, IDirectory root)
    {
        _open[Identity(root)] = library;
        _above[library] = Above(root);
        _places[library] = MountedPlace.Of(library.RootPath);
    }

    public void Close(WatchedLibrary library)
    {
        if (library.Root is { } root && _open.GetValueOrDefault(root.Identity) == library)
            _open.Remove(root.Identity);
        _above.Remove(library);
        _places.Remove(library);
    }

    /// <summary>It is not a library of this host any more.</summary>
    public void Forget(WatchedLibrary library) => _met.RemoveAll(met => met.Outer == library || met.Inner == library);

    /// <summary>The root of a library that is watched was found inside another.</summary>
    /// <param name="path">Below the outer one's root, with a slash at the end.</param>
    /// <returns>The one that is to be refused.</returns>
    public WatchedLibrary Met(WatchedLibrary outer, byte[] path, WatchedLibrary inner)
    {
        if (!_met.Exists(met => met.Outer == outer && met.Inner == inner && met.Path.AsSpan().SequenceEqual(path)))
            _met.Add((outer, path, inner));
        return Later(outer, inner);
    }

    /// <summary>The other libraries that are watched and have something in common with one whose root is about to be.</summary>
    /// <returns>With each, what is to be said of the one that was registered later.</returns>
    public IReadOnlyList<(WatchedLibrary Other, string Sentence)> Conflicts(WatchedLibrary library, IDirectory root)
    {
        var identity = Identity(root);
        var above = Above(root);
        MeetByMounts(library);
        _met.RemoveAll(met => !IsStillSo(met, library, root));
        var conflicts = new List<(WatchedLibrary, string)>();
        foreach (var (other, aboveOther) in _above)
        {
            if (other == library || other.Root is not { } otherRoot)
                continue;
            if (otherRoot.Identity == identity)
                conflicts.Add((other, Sentence(Later(library, other), Earlier(library, other), "is the same directory as")));
            else if (above.Contains(otherRoot.Identity) || IsIn(other, library, identity))
                conflicts.Add((other, Sentence(outer: other, inner: library)));
            else if (aboveOther.Contains(identity) || _met.Exists(met => met.Outer == library && met.Inner == other))
                conflicts.Add((other, Sentence(outer: library, inner: other)));
        }

        return conflicts;
    }

    /// <summary>Where the library's root is inside of others: to be looked at when it is watched no more.</summary>
    public IEnumerable<(WatchedLibrary Outer, byte[] Path)> Around(WatchedLibrary library) =>
        _met.Where(met => met.Inner == library && met.Outer.Root is not null).Select(met => (met.Outer, met.Path));

    /// <summary>The one that was registered later, which is so after a restart as well.</summary>
    public static WatchedLibrary Later(WatchedLibrary left, WatchedLibrary right) => left.Row > right.Row ? left : right;

    private static WatchedLibrary Earlier(WatchedLibrary left, WatchedLibrary right) => Later(left, right) == left ? right : left;

    private static string Sentence(WatchedLibrary outer, WatchedLibrary inner) => Later(outer, inner) == inner
        ? Sentence(inner, outer, "is inside of")
        : Sentence(outer, inner, "contains");

    private static string Sentence(WatchedLibrary library, WatchedLibrary other, string relation) =>
        $"The directory {library.Definition.Path} {relation} {other.Definition.Path} of the library {other.Id}, by whatever links and mounts: "
        + "give each directory to one library.";

    private bool IsStillSo((WatchedLibrary Outer, byte[] Path, WatchedLibrary Inner) met, WatchedLibrary library, IDirectory root)
    {
        if (met.Outer == library)
            return met.Inner.Root is not { } inner || Leads(root.Open(met.Path.AsSpan()[..^1], out var below), below, inner.Identity);
        if (met.Inner == library)
            return met.Outer.Root is null || Leads(tree.Open(met.Outer, met.Path, out var below), below, Identity(root));
        return true;
    }

    private static bool Leads(Mono.Unix.Native.Errno error, IDirectory? directory, (ulong, ulong) identity)
    {
        using (directory)
            return error == 0 ? Identity(directory!) == identity : !error.MeansAbsent();
    }

    // Before a scan does, which would have told of files by then.
    private void MeetByMounts(WatchedLibrary library)
    {
        if (MountedPlace.Of(library.RootPath) is not { } place)
            return;
        foreach (var (other, otherPlace) in _places)
        {
            if (other == library || otherPlace is null)
                continue;
            foreach (string path in otherPlace.PlacesOf(place))
                Met(other, Encoding.UTF8.GetBytes(path + "/"), library);
            foreach (string path in place.PlacesOf(otherPlace))
                Met(library, Encoding.UTF8.GetBytes(path + "/"), other);
        }
    }

    // A scan has met it, or will not again: it is in the tree.
    private bool IsIn(WatchedLibrary outer, WatchedLibrary library, (ulong, ulong) identity)
    {
        if (_met.Exists(met => met.Outer == outer && met.Inner == library))
            return true;
        if (outer.Root!.Subtree().FirstOrDefault(node => node.Identity == identity && !node.IsOpaque) is not { } node
            || !Leads(tree.Open(outer, node.Path(), out var directory), directory, identity))
            return false;
        Met(outer, node.Path(), library);
        return true;
    }

    /// <summary>The directories above a root, up to the host's own.</summary>
    public static HashSet<(ulong, ulong)> Above(IDirectory root)
    {
        var above = new HashSet<(ulong, ulong)>();
        byte[] path = [];
        // The host's root is above itself.
        while (above.Count < MostAbove)
        {
            path = path.Length == 0 ? [.. ".."u8] : [.. path, .. "/.."u8];
            if (root.Look(path, out var facts) != 0 || !above.Add((facts.Device, facts.Inode)))
                break;
        }

        return above;
    }

    public static (ulong, ulong) Identity(IDirectory directory) => (directory.Facts.Device, directory.Facts.Inode);
}
