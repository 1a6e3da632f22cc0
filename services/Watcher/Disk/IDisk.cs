using Mono.Unix.Native;

namespace WatchPhoto.Watcher.Disk;

/// <summary>
/// The host's directories as far as a watcher looks at them. Errors are values: an absent name is an answer here, and
/// any other error must never be taken for one.
/// </summary>
internal interface IDisk
{
    /// <param name="path">Absolute; symbolic links are followed.</param>
    /// <returns>0, or why not.</returns>
    Errno OpenRoot(ReadOnlySpan<byte> path, out IDirectory? directory);

    /// <summary>Gives a watch back; one that the kernel has given back already is fine.</summary>
    void RemoveWatch(int watch);
}

/// <summary>An open directory: everything below is relative to it, wherever it is moved meanwhile.</summary>
internal interface IDirectory : IDisposable
{
    /// <summary>The directory's own facts, as of its opening.</summary>
    FileFacts Facts { get; }

    /// <summary>Whether its file system tells of every change: false for those that others change from afar.</summary>
    bool TellsEvents { get; }

    /// <summary>Which directory this is, as the root of a library or of a file system mounted inside one.</summary>
    FileIdentity RootIdentity => FileIdentity.OfRoot(Facts);

    /// <summary>The same by what lasts where numbers do not: which file system, and the path in it.</summary>
    FileIdentity LastingRootIdentity => RootIdentity;

    /// <summary>From now on the numbers of this file system's files are taken for made up: they were seen not to last.</summary>
    void DistrustNumbers()
    {
    }

    /// <summary>Watches this directory; the same directory always gives the same watch.</summary>
    Errno AddWatch(out int watch);

    /// <summary>Fills the listing with every name but <c>.</c> and <c>..</c>.</summary>
    Errno List(DirectoryListing listing);

    /// <summary>Symbolic links are not followed.</summary>
    Errno Look(ReadOnlySpan<byte> name, out FileFacts facts);

    /// <summary>
    /// Opens a directory below; a symbolic link, at the end or on the way, is <see cref="Errno.ENOTDIR"/> or <see cref="Errno.ELOOP"/>.
    /// </summary>
    Errno Open(ReadOnlySpan<byte> path, out IDirectory? directory);
}

internal static class DiskErrors
{
    /// <summary>The name is not there, or is no directory: evidence, unlike every other error.</summary>
    public static bool MeansAbsent(this Errno error) => error is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP;
}

/// <summary>The names of one directory, in one buffer that is used again and again.</summary>
internal sealed class DirectoryListing
{
    private readonly List<Item> _items = [];
    private byte[] _names = new byte[64 * 1024];
    private int _length;

    public int Count => _items.Count;

    public ReadOnlySpan<byte> Name(int index) => _names.AsSpan(_items[index].Offset, _items[index].Length);

    public FileKind Kind(int index) => _items[index].Kind;

    public void Clear()
    {
        _items.Clear();
        _length = 0;
    }

    public void Add(ReadOnlySpan<byte> name, FileKind kind)
    {
        if (_length + name.Length > _names.Length)
            Array.Resize(ref _names, Math.Max(_names.Length * 2, _length + name.Length));
        name.CopyTo(_names.AsSpan(_length));
        _items.Add(new Item(_length, name.Length, kind));
        _length += name.Length;
    }

    /// <summary>By the names' bytes: the order of the state's rows.</summary>
    public void Sort()
    {
        byte[] names = _names;
        _items.Sort((left, right) =>
            names.AsSpan(left.Offset, left.Length).SequenceCompareTo(names.AsSpan(right.Offset, right.Length)));
    }

    private readonly record struct Item(int Offset, int Length, FileKind Kind);
}
