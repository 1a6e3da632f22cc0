using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.State;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Reconcile;

/// <summary>A directory by its path at the time of the look; its row is found, or made, when a plan needs it.</summary>
internal sealed class ObservedDirectory(WatchedLibrary library, byte[] path)
{
    private long? _row;
    private long _rowAsOf;

    public WatchedLibrary Library { get; } = library;

    /// <summary>Relative to the library's root, with a slash at the end; empty for the root.</summary>
    public byte[] Path { get; } = path;

    /// <summary>The library's root at the time of the look.</summary>
    public DirectoryNode? Root { get; } = library.Root;

    /// <summary>Where the tree had it at the time of the look; null: the directory is known from the state alone.</summary>
    public DirectoryNode? Node { get; init; }

    /// <summary>Whether the path still leads to the directory that was looked into, by all the tree knows.</summary>
    public bool IsCurrent => Node is null || (Node.IsAttached && Node.Path().AsSpan().SequenceEqual(Path));

    /// <summary>Its row in the state; null: it has none.</summary>
    public long? Row(StateDatabase state, bool add = false)
    {
        // A directory that moved has taken its row along.
        if (_row is null || _rowAsOf != state.DirectoriesMoved)
        {
            _row = add ? state.FindOrAddDirectory(Library, Path) : state.FindDirectory(Library, Path);
            _rowAsOf = state.DirectoriesMoved;
        }

        return _row;
    }

    /// <summary>Whether the other is this directory or below it.</summary>
    public bool Covers(ObservedDirectory other) =>
        Library == other.Library && other.Path.AsSpan().StartsWith(Path);
}

/// <summary>
/// A directory that moved, and with it all that is recorded in it: every file is at the new place as it was at the old one, where
/// no directory is any more.
/// </summary>
internal sealed class BroughtAlong(ObservedDirectory directory, DirectoryRow before, List<Entry> entries)
{
    private readonly List<FileFacts> _onDisk = new(entries.Count);

    /// <summary>Where it is now.</summary>
    public ObservedDirectory Directory { get; } = directory;

    /// <summary>Where it was.</summary>
    public DirectoryRow Before { get; } = before;

    /// <summary>The entries that were found so far, with what is there now, in the order of their names.</summary>
    public IEnumerable<(Entry Entry, FileFacts OnDisk)> Found => entries.Zip(_onDisk);

    public int Count => _onDisk.Count;

    public bool IsWhole => _onDisk.Count == entries.Count;

    /// <summary>Takes a file that is at the new place. In the order of names.</summary>
    /// <returns>False: it is not the next of the entries.</returns>
    public bool Takes(ReadOnlySpan<byte> name, in FileFacts onDisk)
    {
        if (IsWhole || entries[Count] is var next && (next.Identity != onDisk.Identity || !name.SequenceEqual(next.Key.Name)))
            return false;
        _onDisk.Add(onDisk);
        return true;
    }
}

/// <summary>What is at a path now.</summary>
internal readonly record struct Observation
{
    public required ObservedDirectory Directory { get; init; }

    public required byte[] Name { get; init; }

    /// <summary>Null: no file of interest is there.</summary>
    public required FileFacts? OnDisk { get; init; }

    /// <summary>What is recorded, where the observer knows; <see cref="IsRecordedKnown"/> tells.</summary>
    public Entry? Recorded { get; init; }

    public bool IsRecordedKnown { get; init; }

    /// <summary>The node, where an event told of the name: then a file that is being rewritten may be looked at again later.</summary>
    public DirectoryNode? Live { get; init; }

    /// <summary>The event may have come before the file was written to its end.</summary>
    public bool MayBeUnfinished { get; init; }
}
