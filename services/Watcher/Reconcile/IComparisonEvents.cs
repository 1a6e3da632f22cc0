using Mono.Unix.Native;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Reconcile;

/// <summary>What a comparison meets that is not its own business.</summary>
internal interface IComparisonEvents
{
    /// <summary>How many hints have told so far that something moved.</summary>
    long Moves { get; }

    /// <summary>How long a file that moves is waited for.</summary>
    TimeSpan MoveWindow { get; }

    void RootIsGone(WatchedLibrary library);

    /// <summary>The library that is watched with this directory as its root; null: none is.</summary>
    WatchedLibrary? LibraryAt((ulong Device, ulong Inode) identity);

    /// <summary>The root of a library was found in a directory of another.</summary>
    void RootIsInside(WatchedLibrary inner, DirectoryNode parent, byte[] name);

    /// <summary>A file has another number than before: those of its directory's file system are made up.</summary>
    void NumbersDoNotLast(DirectoryNode node);

    /// <summary>A directory is not seen with all below, though it is there, or was.</summary>
    void Trouble(DirectoryNode node, Trouble trouble);

    /// <summary>A name in a directory could not be looked at, for no reason that means it is absent; it is tried again.</summary>
    void NameNotSeen(DirectoryNode node, ReadOnlySpan<byte> name, Errno error);

    /// <summary>Decides what becomes of entries of a library that were not found.</summary>
    void Judge(MissedEntries missed);

    /// <summary>A directory that nobody tells events of was taken into the tree.</summary>
    void Polled(DirectoryNode node);

    /// <summary>What is at a name is to be looked at in a moment.</summary>
    void LookAgain(DirectoryNode node, byte[] name);

    /// <summary>A file was rewritten too soon after it was told of.</summary>
    void LookLater(Observation observation, TimeSpan delay);

    /// <summary>A file was created, and is not told of before it is closed or nothing more is heard of it.</summary>
    void Unfinished(Observation observation);

    /// <summary>A directory was not where the tree has it when it was to be looked into, and is there after all.</summary>
    void CompareAgain(DirectoryNode node, bool recursive);

    /// <summary>
    /// Another comparison, of less than a whole library, that has met a directory that moved, has names to look at, or has waited as
    /// long for where files have gone, and has not ended.
    /// </summary>
    Comparison? StillMoving(Comparison but);

    /// <summary>A plan is in the state, and its messages in the outbox.</summary>
    void Recorded(Comparison comparison);
}
