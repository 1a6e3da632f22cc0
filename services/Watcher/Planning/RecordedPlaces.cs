using Mono.Unix.Native;
using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Reconcile;
using WatchPhoto.Watcher.State;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Planning;

/// <summary>Looks at recorded names for one plan: each directory is opened once, and stays open until the end.</summary>
internal sealed class RecordedPlaces(
    StateDatabase state, DirectoryTree tree, Func<long, WatchedLibrary?> libraryByRow, IComparisonEvents events,
    Action<ObservedDirectory, byte[], Errno>? notSeen)
{
    private readonly Dictionary<long, (ObservedDirectory? Directory, IDirectory? Open)> _directories = [];

    /// <returns>Null: the entry's library cannot be looked at now, so nothing may be concluded from it.</returns>
    public PlannedPath? Look(Entry entry)
    {
        if (!_directories.TryGetValue(entry.Key.Directory, out var place))
            _directories.Add(entry.Key.Directory, place = Open(entry.Key.Directory));
        if (place.Directory is not { } directory)
            return null;

        FileFacts? onDisk = null;
        if (place.Open is not null)
        {
            var error = place.Open.Look(entry.Key.Name, out var facts);
            if (error != 0 && !error.MeansAbsent())
            {
                notSeen?.Invoke(directory, entry.Key.Name, error);
                return null;
            }

            if (error == 0 && facts.Kind == FileKind.File && directory.Library.Filter.IncludesFile(directory.Path, entry.Key.Name))
                onDisk = facts;
        }

        return new PlannedPath
        {
            Key = entry.Key,
            Directory = directory,
            OnDisk = onDisk,
            Recorded = entry,
            From = new Observation { Directory = directory, Name = entry.Key.Name, OnDisk = onDisk },
        };
    }

    // No directory: nothing is known of it. None that is open: it is not there.
    private (ObservedDirectory? Directory, IDirectory? Open) Open(long place)
    {
        if (state.Directory(place) is not { } row || libraryByRow(row.Library) is not { Root: not null } library)
            return default;
        var directory = new ObservedDirectory(library, row.Path);
        var error = tree.Open(library, row.Path, out var open);
        if (error != 0 && !error.MeansAbsent())
        {
            notSeen?.Invoke(directory, [], error);
            return default;
        }

        // It is not where the tree has it. Should it be there again before anybody finds that out, nobody would look into
        // it, and this plan may take its files away.
        if (DirectoryTree.Find(library, row.Path) is { } node && (open is null || !node.Is(open)))
            events.CompareAgain(node, recursive: true);
        return (directory, open);
    }

    public void Close()
    {
        foreach (var (_, open) in _directories.Values)
            open?.Dispose();
    }
}
