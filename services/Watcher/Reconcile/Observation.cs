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
    private long _readAsOf;

    public WatchedLibrary Library { get; } = library;

    /// <summary>Relative to the library's root, with a slash at the end; empty for the root.</summary>
    public byte[] Path { get; } = path;

    /// <summary>The library's root at the time of the look.</summary>
    public DirectoryNode? Root { get; } = library.Root;

    /// <summary>Where the tree had it at the time of the look; null: the directory is known from the state alone.</summary>
    public DirectoryNode? Node { get; init; }

    /// <summary>Whether the path still leads to the directory that was looked into, by all the tree knows.</summary>
    public bool IsCurrent => Node is null || (Node.IsAttached && Node.Path().AsSpan().SequenceEqual(Path));

    /// <summary>What is recorded in it is read now.</summary>
    public void MarkRead(StateDatabase state) => _readAsOf = state.DirectoriesMoved;

    /// <summary>Whether that is still what is recorded in it: since then no directory has taken its row to another path.</summary>
    public bool IsReadingCurrent(StateDatabase state) => _readAsOf == state.DirectoriesMoved;

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

/// <summary>A directory that has moved; what is recorded in and below it is to follow.</summary>
/// <param name="node">Where it is: it may move on meanwhile.</param>
/// <param name="before">Where it was when that was recorded.</param>
internal sealed class MovedDirectory(DirectoryNode node, byte[] before)
{
    public DirectoryNode Node { get; } = node;

    public byte[] Before { get; } = before;

    /// <summary>What is recorded at lower paths has had its turn.</summary>
    public byte[] Next { get; set; } = before;

    /// <summary>The part of it whose row is where it belongs, and whose entries are not all told of.</summary>
    public MoveToTell? Telling { get; set; }
}

/// <summary>Where a file was before it was renamed, by the hints of that.</summary>
/// <param name="IsExchange">Or it is where it was, and the file that was to have changed places with it is gone.</param>
internal sealed record Origin(DirectoryNode Directory, byte[] Name, bool IsExchange = false)
{
    /// <summary>Where it was before that, if it had gone on to this name by hints that were looked after, and was not found at it.</summary>
    public Origin? Before { get; set; }

    /// <summary>A file was found at the name it was renamed to.</summary>
    public bool IsFound { get; set; }

    /// <summary>Which photo it was, as recorded when it was not found.</summary>
    public LostPhoto? Photo { get; set; }
}

/// <summary>A photo that was renamed to where it was not found: it has moved on, or that name is left out.</summary>
/// <param name="From">Where it is recorded, or was.</param>
internal sealed record LostPhoto(Guid PhotoId, FileIdentity Identity, Origin From);

/// <summary>What is at a path now.</summary>
internal readonly record struct Observation
{
    public required ObservedDirectory Directory { get; init; }

    public required byte[] Name { get; init; }

    /// <summary>Null: no file of interest is there.</summary>
    public required FileFacts? OnDisk { get; init; }

    /// <summary>
    /// What is recorded, where the observer knows: <see cref="IsRecordedKnown"/> tells, as long as
    /// <see cref="ObservedDirectory.IsReadingCurrent"/>.
    /// </summary>
    public Entry? Recorded { get; init; }

    public bool IsRecordedKnown { get; init; }

    /// <summary>The node, where an event told of the name: then a file that is being rewritten may be looked at again later.</summary>
    public DirectoryNode? Live { get; init; }

    /// <summary>Null: no hint says that it was renamed.</summary>
    public Origin? CameFrom { get; init; }

    /// <summary>The event may have come before the file was written to its end.</summary>
    public bool MayBeUnfinished { get; init; }
}
