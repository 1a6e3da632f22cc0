using WatchPhoto.Watcher.Disk;

namespace WatchPhoto.Watcher.Tree;

/// <summary>Names of one directory that could not be looked at. Of many it knows only how many there are.</summary>
internal sealed class UnseenNames
{
    private const int Most = 100;

    private readonly HashSet<byte[]> _names = new(NameComparer.Instance);

    /// <summary>The first of them.</summary>
    public byte[] First { get; private set; } = [];

    /// <summary>Why the first one cannot be looked at.</summary>
    public Trouble Trouble { get; private set; } = null!;

    public long Count { get; private set; }

    /// <summary>The names, to be looked at again; null: they are too many, and the directory is to be listed.</summary>
    public Dictionary<byte[], bool>? ToLookAt =>
        _names.Count < Count ? null : _names.ToDictionary(name => name, _ => false, NameComparer.Instance);

    public void Add(ReadOnlySpan<byte> name, Trouble trouble)
    {
        var names = _names.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (names.Contains(name))
            return;
        if (Count++ == 0)
            (First, Trouble) = (name.ToArray(), trouble);
        if (_names.Count < Most)
            names.Add(name);
    }

    /// <returns>True: that was the last one.</returns>
    public bool Remove(ReadOnlySpan<byte> name)
    {
        if (!_names.GetAlternateLookup<ReadOnlySpan<byte>>().Remove(name))
            return false;
        if (name.SequenceEqual(First) && _names.Count > 0)
            First = _names.First();
        return --Count == 0;
    }
}
