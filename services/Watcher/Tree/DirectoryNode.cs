using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Libraries;

namespace WatchPhoto.Watcher.Tree;

/// <summary>
/// A directory of a library: a name below a parent. Its path is computed, so a rename moves one pointer.
/// Owned by the tracker's thread.
/// </summary>
internal sealed class DirectoryNode(WatchedLibrary library, DirectoryNode? parent, byte[] name)
{
    public const int NoWatch = -1;

    private Dictionary<byte[], DirectoryNode>? _children;

    public WatchedLibrary Library { get; } = library;

    public DirectoryNode? Parent { get; private set; } = parent;

    public byte[] Name { get; private set; } = name;

    /// <summary>The kernel's watch, or <see cref="NoWatch"/>.</summary>
    public int Watch { get; set; } = NoWatch;

    /// <summary>Which directory this is, to see when another has taken its name.</summary>
    public required (ulong Device, ulong Inode) Identity { get; set; }

    /// <summary>Why it could not be watched or read when last tried; null: it could.</summary>
    public Trouble? Trouble { get; set; }

    /// <summary>Names in it that could not be looked at; null: all could.</summary>
    public UnseenNames? UnseenNames { get; private set; }

    /// <summary>What is in it is not known now (unreadable, or its disk is away): nothing recorded below counts as missing.</summary>
    public bool IsOpaque { get; set; }

    /// <summary>All directories in it are in the tree: before, one that is not there may only not have been met yet.</summary>
    public bool IsListed { get; set; }

    /// <summary>Nobody tells of its changes: it is compared again and again, with all below.</summary>
    public bool IsPolled { get; set; }

    /// <summary>Nobody tells of its changes, for good or as long as it cannot be watched.</summary>
    public bool IsUnwatched => IsPolled || (Watch == NoWatch && Trouble is not null);

    /// <summary>Grows with every hint of it and every look into it.</summary>
    public int Touches { get; private set; }

    /// <summary>It was taken out of the tree, and out of the count of its library's directories.</summary>
    public bool IsDropped { get; set; }

    public IReadOnlyCollection<DirectoryNode> Children => _children is null ? [] : _children.Values;

    /// <summary>False once the directory is gone from the tree, or the library's root has been let go.</summary>
    public bool IsAttached =>
        Parent is null ? Library.Root == this : Parent.Child(Name) == this && Parent.IsAttached;

    public DirectoryNode? Child(ReadOnlySpan<byte> name) =>
        _children is not null && _children.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out var child) ? child : null;

    /// <summary>Whether a directory that is open is this one.</summary>
    public bool Is(IDirectory open) => (open.Facts.Device, open.Facts.Inode) == Identity;

    /// <summary>What was seen in it before may be old.</summary>
    public void Touch() => Touches++;

    public void CannotSee(ReadOnlySpan<byte> name, Trouble trouble) =>
        (UnseenNames ??= new UnseenNames()).Add(name, trouble);

    public void Sees(ReadOnlySpan<byte> name)
    {
        if (UnseenNames is { } unseen && unseen.Remove(name))
            UnseenNames = null;
    }

    /// <summary>All its names are looked at anew.</summary>
    public void SeesAll() => UnseenNames = null;

    public void Attach(DirectoryNode child)
    {
        _children ??= new Dictionary<byte[], DirectoryNode>(NameComparer.Instance);
        _children[child.Name] = child;
    }

    public void Detach()
    {
        if (Parent?.Child(Name) == this)
            Parent._children!.Remove(Name);
    }

    public void MoveTo(DirectoryNode parent, byte[] name)
    {
        Detach();
        Parent = parent;
        Name = name;
        parent.Attach(this);
    }

    /// <summary>Relative to the library's root, with a slash at the end; empty for the root.</summary>
    public byte[] Path()
    {
        int length = 0;
        for (var node = this; node.Parent is not null; node = node.Parent)
            length += node.Name.Length + 1;
        var path = new byte[length];
        for (var node = this; node.Parent is not null; node = node.Parent)
        {
            path[--length] = (byte)'/';
            length -= node.Name.Length;
            node.Name.CopyTo(path, length);
        }

        return path;
    }

    /// <summary>This directory and all below it.</summary>
    public IEnumerable<DirectoryNode> Subtree()
    {
        var rest = new Stack<DirectoryNode>([this]);
        while (rest.TryPop(out var node))
        {
            yield return node;
            foreach (var child in node.Children)
                rest.Push(child);
        }
    }
}
