using System.Text;
using Mono.Unix.Native;
using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Reconcile;

/// <summary>
/// Takes directories that are found on the disk into the tree: watch first, list after. Says of each what it is: known, new, renamed, on
/// a disk that is away, the root of a library, or one that cannot be seen.
/// </summary>
internal sealed class TreeUpdate(
    DirectoryTree tree, IComparisonEvents events, Walk walk, Scope scope, Suspects suspects, MovedDirectories moved,
    DiskChanges changes, MountsInside mounts)
{
    /// <summary>What is at a name that may be a directory.</summary>
    /// <param name="inTurn">It is not gone into ahead of others.</param>
    /// <param name="listed">The frame of the parent; null: an event told of the name.</param>
    /// <returns>False: a disk is mounted there, and its turn has not come; open until then, it could not be unmounted.</returns>
    public bool Enter(DirectoryNode parent, IDirectory parentOpen, byte[] name, bool recursive, bool inTurn, Frame? listed)
    {
        var known = parent.Child(name);
        var error = parentOpen.Open(name, out var open);
        if (error.MeansAbsent())
        {
            if (known is not null)
            {
                suspects.Gone(known);
                if (listed is not null)
                    changes.Note(parent);
            }

            return true;
        }

        if (error != 0)
        {
            Blind(parent, name, Trouble.Of(error));
            return true;
        }

        if (!inTurn && open!.Facts.IsMountRoot)
        {
            open.Dispose();
            return false;
        }

        if (!Takes(parent, known, name, open!, recursive, listed?.ShareOfEach ?? 0))
            open!.Dispose();
        return true;
    }

    /// <summary>Watches a directory that is in the tree, if it is not, and goes into it.</summary>
    /// <param name="open">Closed with the frame.</param>
    public void Enter(DirectoryNode node, IDirectory open, bool recursive)
    {
        if (!Polls(node, open) && node.Watch == DirectoryNode.NoWatch)
        {
            var error = open.AddWatch(out int watch);
            SetWatch(node, error, watch);
        }

        Push(node, open, recursive, node.Parent is null ? 1 : 0);
    }

    /// <summary>It is there, and cannot be seen.</summary>
    public void Blind(DirectoryNode parent, byte[] name, Trouble trouble) => Blind(parent.Child(name) ?? NewNode(parent, name, default), trouble);

    private void Blind(DirectoryNode node, Trouble trouble)
    {
        node.IsOpaque = true;
        events.Trouble(node, trouble);
    }

    private void Push(DirectoryNode node, IDirectory open, bool recursive, double share)
    {
        scope.AddEntered(node, recursive);
        walk.Push(new Frame(node, open, recursive) { Share = share });
    }

    // False: it is not gone into.
    private bool Takes(DirectoryNode parent, DirectoryNode? known, byte[] name, IDirectory open, bool recursive, double share)
    {
        if (BeyondPaths(parent, name) is { } beyond)
        {
            Blind(parent, name, beyond);
            return false;
        }

        var identity = (open.Facts.Device, open.Facts.Inode);
        if (events.LibraryAt(identity) is { Root: { } root } inner)
        {
            Blind(parent, name, BoundTwice(root, parent.Library));
            if (inner != parent.Library)
                events.RootIsInside(inner, parent, name);
            return false;
        }

        if (known is not null && known.Identity == identity && !recursive && !known.IsOpaque
            && (known.Watch != DirectoryNode.NoWatch || known.IsPolled) && mounts.IsKnown(known, open))
            return false;
        if (mounts.Away(parent, name, open, out var mount) is { } away)
        {
            IsAway(parent, known, name, identity, away);
            return false;
        }

        if (known is not null && known.Identity != identity)
        {
            suspects.Gone(known);
            known = null;
        }

        int watch = DirectoryNode.NoWatch;
        bool polled = parent.IsPolled || (open.Facts.IsMountRoot && !open.TellsEvents);
        var error = polled ? 0 : open.AddWatch(out watch);
        var watched = polled || error != 0 ? null : tree.ByWatch(watch);
        if (watched is not null && watched != known && IsElsewhereToo(watched, parent, name))
        {
            // In place of the directory that it is mounted over, which is not there now.
            Blind(known ?? NewNode(parent, name, identity), BoundTwice(watched, parent.Library));
            return false;
        }

        mounts.Know(parent.Library, mount);
        if (watched is not null && watched != known && watched.Library == parent.Library)
        {
            Rename(watched, known, parent, name);
            Push(watched, open, recursive: true, share);
            return true;
        }

        var node = known ?? NewNode(parent, name, identity);
        node.Identity = identity;
        node.IsPolled = polled;
        if (!polled)
            SetWatch(node, error, watch);
        else if (!parent.IsPolled)
            events.Polled(node);
        Push(node, open, recursive: true, share);
        return true;
    }

    private void IsAway(DirectoryNode parent, DirectoryNode? known, byte[] name, (ulong, ulong) identity, Trouble away)
    {
        if (known is { IsOpaque: true } && known.Identity == identity && known.Trouble == away)
            return;
        if (known is not null)
            tree.Drop(known);
        known = NewNode(parent, name, identity);
        Blind(known, away);
    }

    // The directory brings along all below it, but not what was wrong at its old place.
    private void Rename(DirectoryNode directory, DirectoryNode? replaced, DirectoryNode parent, byte[] name)
    {
        if (directory is { Trouble: not null, Parent: { } left })
            events.LookAgain(left, directory.Name);
        scope.Add(directory);
        if (replaced is not null)
            tree.Drop(replaced);
        moved.Add(directory);
        directory.MoveTo(parent, name);
        suspects.Found(directory);
    }

    // One directory at two paths (a bind mount): the first keeps it.
    private bool IsElsewhereToo(DirectoryNode watched, DirectoryNode parent, byte[] name)
    {
        for (var above = parent; above is not null; above = above.Parent)
        {
            if (above == watched)
                return true;
        }

        if (!watched.IsAttached || (watched.Parent == parent && watched.Name.AsSpan().SequenceEqual(name)))
            return false;
        var error = tree.Open(watched, out var open);
        open?.Dispose();
        return error == 0 && (watched.Parent is null || new Spelling(tree).IsThere(watched.Library, watched.Path()));
    }

    // Nobody could be told of what is in it.
    private static Trouble? BeyondPaths(DirectoryNode parent, byte[] name)
    {
        // That of its longest file, in bytes that each may have to be written as three characters.
        const int longestName = 255;
        int components = 2, bytes = name.Length + 1 + longestName;
        for (var node = parent; node.Parent is not null; node = node.Parent)
        {
            components++;
            bytes += node.Name.Length + 1;
        }

        if (components <= PhotoPath.MostComponents && (bytes * 3 <= PhotoPath.LongestPath
            || Encoding.UTF8.GetByteCount(PhotoPath.Encode([.. parent.Path(), .. name])) + (longestName * 3) < PhotoPath.LongestPath))
            return null;
        return new Trouble(
            $"it is further below than paths may lead ({PhotoPath.MostComponents} names, {PhotoPath.LongestPath} bytes)", "move it up, or give the directories above it shorter names");
    }

    private static Trouble BoundTwice(DirectoryNode first, WatchedLibrary library)
    {
        string path = first.Parent is null ? "the root" : NameComparer.Display(first.Path().AsSpan()[..^1]);
        return new Trouble(
            $"it is the same directory as {path}{(first.Library == library ? "" : $" of the library {first.Library.Id}")}, which is watched there",
            "unmount it here (umount), or exclude it");
    }

    private static DirectoryNode NewNode(DirectoryNode parent, byte[] name, (ulong, ulong) identity)
    {
        var node = new DirectoryNode(parent.Library, parent, name) { Identity = identity };
        parent.Attach(node);
        parent.Library.Directories++;
        return node;
    }

    private bool Polls(DirectoryNode node, IDirectory open)
    {
        if (node.Parent is null && !node.IsPolled && node.Library.Polls(open.TellsEvents))
        {
            node.IsPolled = true;
            events.Polled(node);
        }

        return node.IsPolled;
    }

    private void SetWatch(DirectoryNode node, Errno error, int watch)
    {
        if (error.MeansAbsent() && IsRemoved(node))
        {
            events.CompareAgain(node, recursive: true);
            return;
        }

        if (error != 0)
        {
            events.Trouble(node, Trouble.Of(error));
            return;
        }

        // The directory was another node until now. Should it come back there, and this node go, nobody would tell of it.
        if (tree.SetWatch(node, watch) is { IsAttached: true } before)
            events.CompareAgain(before, recursive: false);
        node.Trouble = null;
    }

    // Since it was opened.
    private bool IsRemoved(DirectoryNode node)
    {
        var error = tree.Open(node, out var open);
        open?.Dispose();
        return error.MeansAbsent();
    }
}
