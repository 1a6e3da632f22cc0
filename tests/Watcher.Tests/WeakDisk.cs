using Mono.Unix.Native;
using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Disk;

namespace WatchPhoto.Watcher.Tests;

/// <summary>
/// A disk as FAT is one: the numbers of its files are made up, others after each mount; times are even seconds, and names are found
/// in any case.
/// </summary>
internal sealed class WeakDisk(IDisk disk) : IDisk
{
    private readonly ulong _seed = (ulong)Random.Shared.NextInt64();

    public bool FoldsCase { get; init; }

    /// <summary>Which disk it is.</summary>
    public string Volume { get; init; } = "A";

    /// <summary>They are made up, but nothing says so at first.</summary>
    public bool IsSecret { get; init; }

    private bool MakesUp { get; set; }

    public Errno OpenRoot(ReadOnlySpan<byte> path, out IDirectory? directory)
    {
        var error = disk.OpenRoot(path, out directory);
        directory = directory is null ? null : new WeakDirectory(directory, this);
        return error;
    }

    public void RemoveWatch(int watch) => disk.RemoveWatch(watch);

    private sealed class WeakDirectory(IDirectory directory, WeakDisk disk) : IDirectory
    {
        // A directory that is watched keeps its number as long as it is.
        public FileFacts Facts => directory.Facts;

        public bool TellsEvents => true;

        public FileIdentity RootIdentity => disk.IsSecret && !disk.MakesUp ? FileIdentity.OfRoot(Facts) : LastingRootIdentity;

        public FileIdentity LastingRootIdentity => FileIdentity.OfRoot(System.Text.Encoding.ASCII.GetBytes(disk.Volume));

        public void DistrustNumbers() => disk.MakesUp = true;

        public Errno AddWatch(out int watch) => directory.AddWatch(out watch);

        public Errno List(DirectoryListing listing) => directory.List(listing);

        public Errno Look(ReadOnlySpan<byte> name, out FileFacts facts)
        {
            var error = directory.Look(Found(name), out facts);
            // Inodes of one kind change places: some files get the number of another.
            facts = facts with
            {
                IsNumberMadeUp = !disk.IsSecret || disk.MakesUp,
                Inode = facts.Inode ^ (disk._seed & 3),
                Birth = disk.IsSecret ? new FileTime(facts.Modified.Seconds, 1) : null,
                Modified = disk.IsSecret ? facts.Modified : new FileTime(facts.Modified.Seconds & ~1, 0),
            };
            return error;
        }

        public Errno Open(ReadOnlySpan<byte> path, out IDirectory? below)
        {
            below = null;
            if (path.IndexOf((byte)'/') is > 0 and var slash)
            {
                var error = Open(path[..slash], out var next);
                using (next)
                    return error == 0 ? next!.Open(path[(slash + 1)..], out below) : error;
            }

            var opened = directory.Open(Found(path), out below);
            below = below is null ? null : new WeakDirectory(below, disk);
            return opened;
        }

        public void Dispose() => directory.Dispose();

        private ReadOnlySpan<byte> Found(ReadOnlySpan<byte> name)
        {
            if (!disk.FoldsCase || directory.Look(name, out _) == 0)
                return name;
            var listing = new DirectoryListing();
            _ = directory.List(listing);
            var text = NameComparer.Display(name);
            for (int i = 0; i < listing.Count; i++)
            {
                if (string.Equals(NameComparer.Display(listing.Name(i)), text, StringComparison.OrdinalIgnoreCase))
                    return listing.Name(i).ToArray();
            }

            return name;
        }
    }
}
