using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Reconcile;

/// <summary>A directory that is open, to be compared or to have those in it gone into.</summary>
internal sealed class Frame(DirectoryNode node, IDirectory open, bool recursive)
{
    public DirectoryNode Node { get; } = node;

    public IDirectory Open { get; } = open;

    public bool Recursive { get; } = recursive;

    /// <summary>Directories to go into.</summary>
    public Queue<byte[]> Directories { get; } = new();

    /// <summary>Of the whole.</summary>
    public double Share { get; init; }

    /// <summary>That of each of its directories.</summary>
    public double ShareOfEach { get; set; }

    /// <summary>Null: it is read when it is compared.</summary>
    public ReadAhead? Ahead { get; set; }
}
