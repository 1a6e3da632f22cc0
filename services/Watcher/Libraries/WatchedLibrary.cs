using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Reconcile;
using WatchPhoto.Watcher.State;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Libraries;

/// <summary>The last entry told, by the path of its directory and its name; both empty: none yet.</summary>
internal sealed record ResyncCursor(byte[] Directory, byte[] Name)
{
    public static readonly ResyncCursor Start = new([], []);

    public bool IsAtStart => Directory.Length == 0 && Name.Length == 0;
}

/// <summary>A library of this host: its definition, what is known of it and where it stands. Owned by the tracker's thread.</summary>
internal sealed class WatchedLibrary(long row, Library definition)
{
    private static readonly byte[] s_rootDisk = [];

    /// <summary>The library's row in the state.</summary>
    public long Row { get; } = row;

    public string Id => Definition.Id;

    public Library Definition { get; private set; } = definition;

    public LibraryFilter Filter { get; private set; } = LibraryFilter.Of(definition);

    public byte[] RootPath { get; private set; } = PhotoPath.DecodeRoot(definition.Path);

    /// <summary>Null while the root is not there or not the one known.</summary>
    public DirectoryNode? Root { get; set; }

    /// <summary>Which directory the root was when the library was first seen: another one must not empty the library.</summary>
    public FileIdentity? RootIdentity { get; set; }

    /// <summary>The file systems mounted inside, by path (with a slash at the end): without them nothing below is missing.</summary>
    public Dictionary<byte[], FileIdentity> Mounts { get; } = new(NameComparer.Instance);

    /// <summary>How many entries a comparison found missing and left, for a person to decide; null: none.</summary>
    public long? Held => Holds.Count == 0 ? null : Holds.Values.Sum();

    /// <summary>The same by disk: the path of a mount, empty for the root's.</summary>
    public Dictionary<byte[], long> Holds { get; } = new(NameComparer.Instance);

    /// <summary>What a person has said of the entries held; the scan that runs next does it.</summary>
    public Verdict? Decision { get; set; }

    /// <summary>What the ledger keeps: where entries change, nobody else sets it.</summary>
    public Counters Counters { get; set; }

    /// <summary>The version of the last plan.</summary>
    public long Version => Counters.Version;

    public long Entries => Counters.Entries;

    /// <summary>Sum of the entries' digests.</summary>
    public long Digest => Counters.Digest;

    /// <summary>Directories in the tree, the root among them.</summary>
    public int Directories { get; set; }

    public DateTimeOffset? DiskComparedAt { get; set; }

    /// <summary>When that was last recorded by this process; null: not yet.</summary>
    public DateTimeOffset? ComparisonKeptAt { get; set; }

    /// <summary>Its entries are being learned from the catalog: nothing is compared before.</summary>
    public bool IsRecovering { get; set; }

    /// <summary>The last announcement did not have it: what it has to tell waits until it is announced again.</summary>
    public bool IsPaused { get; set; }

    /// <summary>The version before that of the first entry told by the last resync.</summary>
    public long Floor { get; set; }

    /// <summary>How far the resync under way has come; null: none is.</summary>
    public ResyncCursor? Resync { get; set; }

    /// <summary>Why the root is not watched; null: it is, or nobody has tried yet.</summary>
    public Offline? Offline { get; set; }

    /// <summary>What the catalog has told of: versions go on above it, also when it was told by a state that is lost.</summary>
    public void SeeHighestVersion(long version) =>
        Definition = Definition with { HighestVersion = Math.Max(version, Definition.HighestVersion) };

    /// <summary>Versions go on above one that the catalog has told of.</summary>
    public void RaiseVersion(long version) => Counters = Counters with { Version = Math.Max(version, Version) };

    /// <summary>Versions go on from here, though higher ones were told: those were of a wrong clock.</summary>
    public void Restart(long version, long highestVersion)
    {
        Counters = Counters with { Version = version };
        Definition = Definition with { HighestVersion = highestVersion };
    }

    /// <param name="tellsEvents">Whether the root's file system does.</param>
    public bool Polls(bool tellsEvents) => Definition.Watch switch
    {
        WatchMode.Inotify => false,
        WatchMode.Poll => true,
        _ => !tellsEvents,
    };

    public void Redefine(Library definition)
    {
        Definition = definition;
        Filter = LibraryFilter.Of(definition);
        RootPath = PhotoPath.DecodeRoot(definition.Path);
    }

    /// <summary>The root's disk and those mounted inside, by <see cref="DiskOf"/>.</summary>
    public IEnumerable<byte[]> Disks => Mounts.Keys.Prepend(s_rootDisk);

    /// <summary>The disk that a directory is recorded on: the path of the innermost mount, always the same array; empty for the root's.</summary>
    /// <param name="path">With a slash at the end; empty for the root.</param>
    public byte[] DiskOf(ReadOnlySpan<byte> path)
    {
        byte[] disk = s_rootDisk;
        foreach (byte[] mount in Mounts.Keys)
        {
            if (mount.Length > disk.Length && path.StartsWith(mount))
                disk = mount;
        }

        return disk;
    }

    /// <summary>How many entries are recorded on a disk, without those on others that are mounted in it.</summary>
    /// <param name="countBelow">How many are recorded below a path.</param>
    public long EntriesOn(byte[] disk, Func<byte[], long> countBelow)
    {
        long entries = disk.Length == 0 ? Entries : countBelow(disk);
        foreach (byte[] mount in Mounts.Keys.Where(mount => mount.Length > disk.Length && mount.AsSpan().StartsWith(disk)))
        {
            int above = mount.AsSpan(0, mount.Length - 1).LastIndexOf((byte)'/') + 1;
            if (DiskOf(mount.AsSpan(0, above)) == disk)
                entries -= countBelow(mount);
        }

        return entries;
    }
}
