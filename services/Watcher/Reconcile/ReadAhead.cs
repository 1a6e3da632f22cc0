using Mono.Unix.Native;
using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Reconcile;

/// <summary>
/// What a watched directory holds, read on another thread before a scan comes to it: looking at files takes about as long as
/// comparing and recording them. It counts only if nothing was heard of the directory meanwhile and nobody has looked into
/// it: then what has changed since is still to be told by a hint, as after any look.
/// </summary>
internal sealed class ReadAhead
{
    // Of a larger directory the rest is looked at when the scan is there.
    private const int MostLooks = 1024;
    // Bytes that the directory itself takes on its disk.
    private const long LargestDirectory = 1 << 20;

    private readonly List<(Errno Error, FileFacts Facts)?> _looks = [];
    private DirectoryNode? _node;
    private LibraryFilter? _filter;
    private byte[] _path = [];
    private int _touches;
    private int _watch;
    private volatile bool _isCancelled;
    private Task _reading = Task.CompletedTask;

    public DirectoryListing Listing { get; } = new();

    /// <summary>0, or why it could not be listed.</summary>
    public Errno Error { get; private set; }

    /// <summary>Whether a directory tells what happens in it, and is not so large that its names alone are much to keep.</summary>
    public static bool CanRead(DirectoryNode node, IDirectory open) =>
        node is { IsPolled: false, Watch: not DirectoryNode.NoWatch } && open.Facts.Size <= LargestDirectory;

    /// <param name="open">Stays open until <see cref="Wait"/> or <see cref="Cancel"/> has returned.</param>
    public void Begin(DirectoryNode node, IDirectory open, TaskScheduler scheduler)
    {
        (_node, _filter, _path, _touches, _watch) = (node, node.Library.Filter, node.Path(), node.Touches, node.Watch);
        _isCancelled = false;
        _reading = Task.Factory.StartNew(() => Read(open), CancellationToken.None, TaskCreationOptions.None, scheduler);
    }

    public void Wait() => _reading.GetAwaiter().GetResult();

    /// <summary>Ends it as soon as can be.</summary>
    public void Cancel()
    {
        _isCancelled = true;
        Wait();
    }

    /// <param name="path">The directory's path now.</param>
    public bool IsCurrent(ReadOnlySpan<byte> path) =>
        _node!.Touches == _touches && _node.Watch == _watch && _node.Library.Filter == _filter && path.SequenceEqual(_path);

    /// <summary>What a name of the listing was when it was looked at.</summary>
    /// <returns>False: it was not, being no file of interest or one too many.</returns>
    public bool TryGet(int index, out Errno error, out FileFacts facts)
    {
        bool isThere = index < _looks.Count && _looks[index] is not null;
        (error, facts) = isThere ? _looks[index].GetValueOrDefault() : default;
        return isThere;
    }

    private void Read(IDirectory open)
    {
        _looks.Clear();
        if (_isCancelled)
            return;
        Error = open.List(Listing);
        if (Error != 0)
            return;
        Listing.Sort();
        for (int i = 0; i < Math.Min(Listing.Count, MostLooks) && !_isCancelled; i++)
        {
            var name = Listing.Name(i);
            if (Listing.Kind(i) == FileKind.Unknown || (Listing.Kind(i) == FileKind.File && _filter!.IncludesFile(_path, name)))
                _looks.Add((open.Look(name, out var facts), facts));
            else
                _looks.Add(null);
        }
    }
}
