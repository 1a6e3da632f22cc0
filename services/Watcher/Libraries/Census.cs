using WatchPhoto.Watcher.Disk;

namespace WatchPhoto.Watcher.Libraries;

/// <summary>
/// Counts the files of a library ahead of its first scan, by names alone, so that the scan can say how much remains.
/// </summary>
internal static class Census
{
    public static void Start(WatchedLibrary library, IDisk disk)
    {
        var (path, filter) = (library.RootPath, library.Filter);
        library.Expected = 0;
        // An estimate: what cannot be read is not counted, and nobody waits for it.
        _ = Task.Run(() =>
        {
            if (disk.OpenRoot(path, out var root) == 0)
                Count(library, filter, root!, []);
        });
    }

    private static void Count(WatchedLibrary library, LibraryFilter filter, IDirectory directory, byte[] path)
    {
        var children = new List<byte[]>();
        using (directory)
        {
            var listing = new DirectoryListing();
            if (directory.List(listing) != 0)
                return;
            for (int i = 0; i < listing.Count; i++)
            {
                if (listing.Kind(i) == FileKind.Directory && filter.IncludesDirectory(path, listing.Name(i)))
                    children.Add(listing.Name(i).ToArray());
                else if (listing.Kind(i) == FileKind.File && filter.IncludesFile(path, listing.Name(i)))
                    library.Expected++;
            }

            foreach (var child in children)
            {
                if (directory.Open(child, out var open) == 0)
                    Count(library, filter, open!, [.. path, .. child, (byte)'/']);
            }
        }
    }
}
