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

    /// <summary>Is told of each name before it is looked at.</summary>
    public Action<string>? Looking { get; init; }

    private bool MakesUp { get; set; }

    public Errno OpenRoot(ReadOnlySpan<byte> path, out IDirectory? directory) =>
        new DiskBetween(disk, root => new WeakDirectory(root, this)).OpenRoot(path, out directory);

    public void RemoveWatch(int watch) => disk.RemoveWatch(watch);

    // A directory that is watched keeps its number as long as it is.
    private sealed class WeakDirectory(IDirectory directory, WeakDisk disk) : DirectoryBetween(directory)
    {
        private readonly IDirectory _real = directory;

        public override bool TellsEvents => true;

        public override FileIdentity RootIdentity => disk.IsSecret && !disk.MakesUp ? FileIdentity.OfRoot(Facts) : LastingRootIdentity;

        public override FileIdentity LastingRootIdentity => FileIdentity.OfRoot(System.Text.Encoding.ASCII.GetBytes(disk.Volume));

        public override void DistrustNumbers() => disk.MakesUp = true;

        public override Errno Look(ReadOnlySpan<byte> name, out FileFacts facts)
        {
            disk.Looking?.Invoke(NameComparer.Display(name));
            var error = base.Look(Found(name), out facts);
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

        public override Errno Open(ReadOnlySpan<byte> path, out IDirectory? below)
        {
            if (path.IndexOf((byte)'/') is not (> 0 and var slash))
                return base.Open(Found(path), out below);
            below = null;
            var error = Open(path[..slash], out var next);
            using (next)
                return error == 0 ? next!.Open(path[(slash + 1)..], out below) : error;
        }

        protected override IDirectory Between(IDirectory below, ReadOnlySpan<byte> path) => new WeakDirectory(below, disk);

        private ReadOnlySpan<byte> Found(ReadOnlySpan<byte> name)
        {
            if (!disk.FoldsCase || _real.Look(name, out _) == 0)
                return name;
            var listing = new DirectoryListing();
            _ = _real.List(listing);
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
