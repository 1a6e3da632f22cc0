using Mono.Unix.Native;
using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Libraries;

namespace WatchPhoto.Watcher.Previewing;

/// <summary>
/// Counts the files of a directory as a scan would find them: nothing is watched, recorded, or followed over a symbolic link.
/// One thread walks; what it has found so far may be asked for by any, for a disk that does not answer may keep it for ever.
/// </summary>
internal sealed class PreviewWalk(Library library, TimeSpan limit, TimeProvider time)
{
    // Each has a directory open.
    private const int MostLevels = 200;

    private readonly LibraryFilter _filter = LibraryFilter.Of(library);
    private readonly Lock _gate = new();
    private readonly List<string> _paths = [];
    // A directory that is mounted a second time below is looked into once, as by the watcher.
    private readonly HashSet<(ulong Device, ulong Inode)> _seen = [];
    private readonly long _began = time.GetTimestamp();
    private long _files;
    private long _leftOut;
    private long _unread;
    private string? _firstUnread;
    private string? _problem;
    private bool _isDone;
    private volatile bool _isStopped;

    public void Stop() => _isStopped = true;

    public void Run(IDisk disk, WatchedRoots watched)
    {
        var error = disk.OpenRoot(PhotoPath.DecodeRoot(library.Path), out var root);
        if ((watched.Refusal(library, disk, root) ?? (error == 0 ? null : Problem(error))) is { } problem)
        {
            root?.Dispose();
            lock (_gate)
                _problem = problem;
            return;
        }

        var levels = new Stack<Level>();
        try
        {
            Enter(levels, root!, []);
            while (levels.TryPeek(out var level) && !_isStopped && time.GetElapsedTime(_began) < limit)
            {
                if (level.TryNext(out var name, out var kind))
                    Meet(levels, level, name, kind);
                else
                    levels.Pop().Directory.Dispose();
            }

            lock (_gate)
                _isDone = levels.Count == 0;
        }
        finally
        {
            foreach (var level in levels)
                level.Directory.Dispose();
        }
    }

    /// <summary>What was found until now.</summary>
    public LibraryPreviewed Found(Guid previewId)
    {
        lock (_gate)
        {
            return new LibraryPreviewed
            {
                PreviewId = previewId,
                Files = _files,
                Paths = [.. _paths],
                DirectoriesLeftOut = _leftOut,
                IsComplete = _isDone && _unread == 0,
                Reason = _problem is not null ? null
                    : !_isDone ? $"Not everything was looked at in {limit.TotalSeconds:0.#} s: there are at least {_files} files."
                    : _unread > 0 ? $"Directories that cannot be read: {_unread}, the first of them {_firstUnread}; there are at least {_files} files."
                    : null,
                Problem = _problem,
            };
        }
    }

    private void Meet(Stack<Level> levels, Level level, ReadOnlySpan<byte> name, FileKind kind)
    {
        if (kind == FileKind.File && _filter.IncludesFile(level.Path, name))
        {
            lock (_gate)
            {
                _files++;
                if (_paths.Count < LibraryPreviewed.MaxPaths)
                    _paths.Add(PhotoPath.Encode([.. level.Path, .. name]));
            }
        }
        else if (kind == FileKind.Directory && !_filter.IncludesDirectory(level.Path, name))
        {
            lock (_gate)
                _leftOut++;
        }
        else if (kind == FileKind.Directory)
        {
            byte[] path = [.. level.Path, .. name, (byte)'/'];
            var error = level.Directory.Open(name, out var directory);
            if (error == 0 && levels.Count < MostLevels)
            {
                Enter(levels, directory!, path);
                return;
            }

            directory?.Dispose();
            if (!error.MeansAbsent())
                CannotTell(path, error == 0 ? $"more than {MostLevels} directories deep" : Stdlib.strerror(error));
        }
    }

    private void Enter(Stack<Level> levels, IDirectory directory, byte[] path)
    {
        var listing = new DirectoryListing();
        var error = _seen.Add((directory.Facts.Device, directory.Facts.Inode)) ? directory.List(listing) : 0;
        if (error == 0)
        {
            levels.Push(new Level(directory, path, listing, isSorted: _paths.Count < LibraryPreviewed.MaxPaths));
            return;
        }

        directory.Dispose();
        if (path.Length > 0)
            CannotTell(path, Stdlib.strerror(error));
        else
            lock (_gate)
                _problem = Problem(error);
    }

    private void CannotTell(byte[] path, string reason)
    {
        lock (_gate)
        {
            _unread++;
            _firstUnread ??= $"{NameComparer.Display(path)} ({reason})";
        }
    }

    private string Problem(Errno error) => error switch
    {
        Errno.ENOENT => $"The directory {library.Path} is not there on {library.Host}: mount its disk, or correct the path.",
        Errno.ENOTDIR => $"What is at {library.Path} on {library.Host} is not a directory: name the one that it is in.",
        Errno.EACCES or Errno.EPERM => $"The directory {library.Path} on {library.Host} cannot be read (permission denied): let the watcher's user read and enter it.",
        _ => $"The directory {library.Path} on {library.Host} cannot be read ({Stdlib.strerror(error)}): look after its disk, or correct the path.",
    };

    /// <summary>A directory that is open, and which of its names come next.</summary>
    private sealed class Level
    {
        private readonly DirectoryListing _listing;
        private readonly FileKind[] _kinds;
        private readonly int[] _order;
        private int _next;

        /// <param name="isSorted">Else as the disk has them: nobody sees their order.</param>
        public Level(IDirectory directory, byte[] path, DirectoryListing listing, bool isSorted)
        {
            (Directory, Path, _listing) = (directory, path, listing);
            _kinds = new FileKind[listing.Count];
            _order = new int[listing.Count];
            for (int i = 0; i < listing.Count; i++)
            {
                _order[i] = i;
                _kinds[i] = listing.Kind(i) != FileKind.Unknown ? listing.Kind(i)
                    : directory.Look(listing.Name(i), out var facts) == 0 ? facts.Kind
                    : FileKind.Other;
            }

            if (isSorted)
                Array.Sort(_order, Compare);
        }

        public IDirectory Directory { get; }

        public byte[] Path { get; }

        public bool TryNext(out ReadOnlySpan<byte> name, out FileKind kind)
        {
            name = default;
            kind = default;
            if (_next == _order.Length)
                return false;
            int index = _order[_next++];
            name = _listing.Name(index);
            kind = _kinds[index];
            return true;
        }

        // In the order of whole paths: behind the name of a directory is a slash.
        private int Compare(int left, int right)
        {
            ReadOnlySpan<byte> one = _listing.Name(left), other = _listing.Name(right);
            int common = one.CommonPrefixLength(other);
            return At(one, common, _kinds[left]) - At(other, common, _kinds[right]);
        }

        private static int At(ReadOnlySpan<byte> name, int place, FileKind kind) =>
            place < name.Length ? name[place] : kind == FileKind.Directory ? '/' : -1;
    }
}
