using Mono.Unix.Native;
using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Libraries;

namespace WatchPhoto.Watcher.Tree;

/// <summary>
/// The watched directories of all libraries. It owns every kernel watch: what leaves the tree gives its watch back.
/// Owned by the tracker's thread.
/// </summary>
internal sealed class DirectoryTree(IDisk disk)
{
    private readonly Dictionary<int, DirectoryNode> _byWatch = [];

    public int Watches => _byWatch.Count;

    public DirectoryNode? ByWatch(int watch) => _byWatch.GetValueOrDefault(watch);

    /// <summary>Opens the directory of a node, if it is still where the tree has it.</summary>
    /// <returns>
    /// <see cref="Errno.ENOENT"/> also when another directory has taken its place; <see cref="Errno.ESTALE"/>, which is no
    /// evidence of anything, when the library's root is not there or not the one known.
    /// </returns>
    public Errno Open(DirectoryNode node, out IDirectory? directory)
    {
        var error = Open(node.Library, node.Path(), out directory);
        if (error == 0 && !node.Is(directory!))
        {
            directory!.Dispose();
            directory = null;
            return Errno.ENOENT;
        }

        return error;
    }

    /// <summary>Opens a directory to look into it: what was seen in it before may be old then.</summary>
    /// <param name="path">Relative to the library's root, with a slash at the end.</param>
    public Errno Open(WatchedLibrary library, ReadOnlySpan<byte> path, out IDirectory? directory)
    {
        Find(library, path)?.Touch();
        var error = disk.OpenRoot(library.RootPath, out directory);
        if (error.MeansAbsent())
            return Errno.ESTALE;
        if (error == 0 && (library.Root?.Is(directory!) != true || IsAnotherDisk(library, directory!)))
        {
            directory!.Dispose();
            directory = null;
            return Errno.ESTALE;
        }

        if (error != 0 || path.Length == 0)
            return error;

        // One call where the kernel takes the path whole; else in pieces that it takes.
        const int longest = 4000;
        for (var rest = path[..^1]; ;)
        {
            int end = rest.Length <= longest ? rest.Length : rest[..longest].LastIndexOf((byte)'/');
            using var parent = directory!;
            error = parent.Open(rest[..end], out directory);
            if (error != 0 || end == rest.Length)
                return error;
            rest = rest[(end + 1)..];
        }
    }

    // Another card in the same reader may have the same device and number, and where nothing is watched nobody tells.
    private static bool IsAnotherDisk(WatchedLibrary library, IDirectory root) =>
        library is { RootIdentity: { IsWeak: true } known, Root.IsPolled: true } && root.RootIdentity != known;

    /// <summary>The node of a directory's path, if the tree has it.</summary>
    /// <param name="path">Relative to the library's root, with a slash at the end; empty for the root.</param>
    public static DirectoryNode? Find(WatchedLibrary library, ReadOnlySpan<byte> path) =>
        Nearest(library, path) is { Left: 0 } nearest ? nearest.Node : null;

    /// <summary>Whether a directory is, by all the tree knows, not on the disk any more.</summary>
    public static bool IsGone(WatchedLibrary library, ReadOnlySpan<byte> path)
    {
        // Its disk is away: that the directory it was mounted at went with it says nothing.
        foreach (var mount in library.Mounts.Keys)
        {
            if (path.StartsWith(mount) && Find(library, mount) is null)
                return false;
        }

        return Nearest(library, path) is { Left: > 0, Node: { IsOpaque: false, IsListed: true } };
    }

    // Left: bytes of the path that lead on from the node to what the tree does not have.
    private static (DirectoryNode Node, int Left)? Nearest(WatchedLibrary library, ReadOnlySpan<byte> path)
    {
        if (library.Root is not { } node)
            return null;
        while (path.Length > 0)
        {
            int end = path.IndexOf((byte)'/');
            if (node.Child(path[..end]) is not { } child)
                break;
            node = child;
            path = path[(end + 1)..];
        }

        return (node, path.Length);
    }

    /// <returns>The node that had the watch until now, and has none any more; null: none had.</returns>
    public DirectoryNode? SetWatch(DirectoryNode node, int watch)
    {
        // The kernel has given the old one back (a disk was unmounted), and its saying so was lost.
        if (node.Watch != watch && _byWatch.GetValueOrDefault(node.Watch) == node)
            _byWatch.Remove(node.Watch);
        var before = _byWatch.GetValueOrDefault(watch);
        if (before == node)
            before = null;
        before?.Watch = DirectoryNode.NoWatch;
        node.Watch = watch;
        _byWatch[watch] = node;
        return before;
    }

    /// <summary>The kernel has given the watch back by itself.</summary>
    public void WatchIsGone(DirectoryNode node)
    {
        _byWatch.Remove(node.Watch);
        node.Watch = DirectoryNode.NoWatch;
    }

    /// <summary>Takes a directory and all below it out of the tree and gives their watches back.</summary>
    public void Drop(DirectoryNode node)
    {
        node.Detach();
        foreach (var each in node.Subtree())
        {
            // More than one look may find that it is gone.
            if (each.IsDropped)
                continue;
            each.IsDropped = true;
            each.Library.Directories--;
            if (each.Watch == DirectoryNode.NoWatch)
                continue;
            if (_byWatch.GetValueOrDefault(each.Watch) == each)
            {
                disk.RemoveWatch(each.Watch);
                _byWatch.Remove(each.Watch);
            }

            each.Watch = DirectoryNode.NoWatch;
        }
    }
}
