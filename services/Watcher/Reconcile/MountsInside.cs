using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.State;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Reconcile;

/// <summary>The file systems mounted inside libraries: they are known, so that their absence is not taken for deletion.</summary>
internal sealed class MountsInside(StateDatabase state)
{
    /// <summary>Whether a directory is on the disk that is known to be there. Another may have the same device and number.</summary>
    public bool IsKnown(DirectoryNode node, IDirectory open)
    {
        if (!open.Facts.IsMountRoot || node.Parent is null)
            return true;
        if (Away(node.Parent, node.Name, open, out var mount) is not null)
            return false;
        Know(node.Library, mount);
        return true;
    }

    /// <summary>Why what is recorded below a directory is not there, as the disk that has it is away; null: it is not.</summary>
    /// <param name="mount">What is to be known of what is mounted there now, once the directory is taken.</param>
    public Trouble? Away(DirectoryNode parent, byte[] name, IDirectory open, out Mounted mount)
    {
        mount = default;
        var library = parent.Library;
        byte[] path = [.. parent.Path(), .. name, (byte)'/'];
        bool isKnown = library.Mounts.TryGetValue(path, out var mounted);
        bool isMounted = open.Facts.IsMountRoot;
        if (!isKnown && !isMounted)
            return null;
        bool isSame = KnownRoot.Is(isKnown ? mounted : null, open, out var root);
        if (isKnown && isMounted && isSame && mounted == root)
            return null;

        mount = new Mounted(path, isMounted ? root : null);
        // Before the first comparison the entries are what the catalog had of them, which knows no disks: the one that is
        // found is theirs.
        if ((isKnown && isMounted && isSame) || !(isKnown || library.DiskComparedAt is not null) || !state.AnyEntryBelow(library, path))
            return null;
        return isKnown
            ? new Trouble("the disk that was mounted here is not", "nothing below is deleted, and it goes on by itself when the disk is back")
            : new Trouble("a disk was mounted over this directory", "nothing below is deleted, and it goes on by itself when the disk is gone");
    }

    public void Know(WatchedLibrary library, Mounted mount)
    {
        if (mount.Path is null)
            return;
        if (mount.Root is { } root)
            library.Mounts[mount.Path] = root;
        else
            library.Mounts.Remove(mount.Path);
        state.Transact(() => state.SaveMounts(library));
    }

    /// <summary>What is to be known of the file system that is mounted at a directory.</summary>
    /// <param name="Path">Null: nothing new is.</param>
    /// <param name="Root">Null: none is mounted there any more.</param>
    public readonly record struct Mounted(byte[]? Path, FileIdentity? Root);
}
