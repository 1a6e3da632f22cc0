using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Tracking;

/// <summary>What is to be looked at: names that hints told of, and directories to compare. Owned by the tracker's thread.</summary>
internal sealed class Agenda(TimeProvider time)
{
    private readonly PriorityQueue<(DirectoryNode Directory, byte[] Name), long> _later = new();
    private Dictionary<DirectoryNode, Dictionary<byte[], bool>> _names = [];
    private Dictionary<DirectoryNode, bool> _directories = [];

    public bool IsEmpty => _names.Count == 0 && _directories.Count == 0;

    /// <param name="mayBeUnfinished">The file may still be open for writing; a later look without this decides.</param>
    public void Look(DirectoryNode directory, ReadOnlySpan<byte> name, bool mayBeUnfinished)
    {
        if (!_names.TryGetValue(directory, out var names))
            _names.Add(directory, names = new Dictionary<byte[], bool>(NameComparer.Instance));
        var lookup = names.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (!lookup.TryGetValue(name, out bool before))
            names.Add(name.ToArray(), mayBeUnfinished);
        else if (before && !mayBeUnfinished)
            lookup[name] = false;
    }

    public void LookLater(DirectoryNode directory, byte[] name, TimeSpan delay) =>
        _later.Enqueue((directory, name), time.GetTimestamp() + (long)(delay.TotalSeconds * time.TimestampFrequency));

    /// <param name="recursive">Every directory below too; else only those below that are new.</param>
    public void Compare(DirectoryNode directory, bool recursive) =>
        _directories[directory] = recursive || _directories.GetValueOrDefault(directory);

    /// <summary>The library as a whole, if its root is watched.</summary>
    public void Compare(WatchedLibrary library)
    {
        if (library.Root is { } root)
            Compare(root, recursive: true);
    }

    /// <summary>Whether a directory is to be compared with all below.</summary>
    public bool Compares(DirectoryNode directory) => _directories.GetValueOrDefault(directory);

    /// <summary>Brings what was put off and is due now.</summary>
    /// <returns>How long until the next is due; null: nothing is put off.</returns>
    public TimeSpan? BringDue()
    {
        long now = time.GetTimestamp();
        while (_later.TryPeek(out var item, out long due))
        {
            if (due > now)
                return time.GetElapsedTime(now, due);
            _later.Dequeue();
            Look(item.Directory, item.Name, mayBeUnfinished: false);
        }

        return null;
    }

    /// <summary>All that is to be looked at now; the agenda is empty afterwards.</summary>
    public (Dictionary<DirectoryNode, Dictionary<byte[], bool>> Names, Dictionary<DirectoryNode, bool> Directories) Take()
    {
        var taken = (_names, _directories);
        _names = [];
        _directories = [];
        return taken;
    }
}
