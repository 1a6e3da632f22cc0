using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Tracking;

/// <summary>
/// Names that were created or written and that nobody has closed after writing: each is to be looked at once nothing was
/// heard of it for a while. Whoever closes a file ends the wait; mknod(2), link(2) and truncate(2) have nothing to close.
/// Owned by the tracker's thread.
/// </summary>
/// <param name="quiet">How long nothing must be heard of a name.</param>
internal sealed class SettlingNames(TimeSpan quiet, TimeProvider time)
{
    // Of more names at once the one longest unheard of is looked at before its time: an announcement too early is repeated.
    private const int Most = 100_000;

    private readonly Dictionary<DirectoryNode, Dictionary<byte[], LinkedListNode<Name>>> _names = [];
    // All wait equally long, so who was heard of last is due last.
    private readonly LinkedList<Name> _byLastHeard = new();

    /// <summary>Something was heard of the name: the wait begins, or begins anew.</summary>
    public void Heard(DirectoryNode directory, ReadOnlySpan<byte> name)
    {
        if (!_names.TryGetValue(directory, out var names))
            _names.Add(directory, names = new Dictionary<byte[], LinkedListNode<Name>>(NameComparer.Instance));
        if (names.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out var known))
        {
            _byLastHeard.Remove(known);
            known.ValueRef.HeardAt = time.GetTimestamp();
            _byLastHeard.AddLast(known);
            return;
        }

        var bytes = name.ToArray();
        names.Add(bytes, _byLastHeard.AddLast(new Name { Directory = directory, Bytes = bytes, HeardAt = time.GetTimestamp() }));
    }

    /// <summary>The name is looked at for another reason: nobody need wait for it.</summary>
    public void Forget(DirectoryNode directory, ReadOnlySpan<byte> name)
    {
        if (_names.TryGetValue(directory, out var names)
            && names.GetAlternateLookup<ReadOnlySpan<byte>>().Remove(name, out _, out var known))
            Remove(known, names);
    }

    /// <summary>Takes out one name of which nothing was heard for long enough; call until null.</summary>
    /// <param name="next">How long until the next is due; null: none waits.</param>
    public (DirectoryNode Directory, byte[] Name)? TakeQuiet(out TimeSpan? next)
    {
        next = null;
        if (_byLastHeard.First is not { } first)
            return null;
        var waited = time.GetElapsedTime(first.ValueRef.HeardAt);
        if (waited < quiet && _byLastHeard.Count <= Most)
        {
            next = quiet - waited;
            return null;
        }

        var (directory, name) = (first.ValueRef.Directory, first.ValueRef.Bytes);
        var names = _names[directory];
        names.Remove(name);
        Remove(first, names);
        return (directory, name);
    }

    private void Remove(LinkedListNode<Name> name, Dictionary<byte[], LinkedListNode<Name>> names)
    {
        _byLastHeard.Remove(name);
        if (names.Count == 0)
            _names.Remove(name.ValueRef.Directory);
    }

    private struct Name
    {
        public required DirectoryNode Directory { get; init; }

        public required byte[] Bytes { get; init; }

        public required long HeardAt { get; set; }
    }
}
