using WatchPhoto.Contracts;

namespace WatchPhoto.Watcher.Disk;

internal enum FileKind : byte
{
    File,
    Directory,

    /// <summary>Symbolic links, sockets, devices: never entries.</summary>
    Other,

    /// <summary>A listing did not say.</summary>
    Unknown,
}

/// <summary>What the disk says of a name now.</summary>
internal readonly record struct FileFacts
{
    public required FileKind Kind { get; init; }
    public required ulong Device { get; init; }
    public required ulong Inode { get; init; }
    public required long Size { get; init; }
    public required FileTime Modified { get; init; }

    /// <summary>Null where the file system keeps none.</summary>
    public required FileTime? Birth { get; init; }

    /// <summary>Last change of the inode: content, name or attributes.</summary>
    public required FileTime Changed { get; init; }

    public required uint Links { get; init; }

    /// <summary>A file system is mounted here.</summary>
    public bool IsMountRoot { get; init; }

    public FileIdentity Identity => FileIdentity.Of(Inode, Birth, Size, Modified);
}

/// <summary>
/// What follows a file through renames: its inode and birth time. Where there is no birth time, size and modification
/// time stand in for it (and <see cref="Nanoseconds"/> is beyond any birth time's, so that the two never meet).
/// </summary>
internal readonly record struct FileIdentity(ulong Inode, long Seconds, int Nanoseconds)
{
    private const int StandIn = 1 << 30;

    public static FileIdentity Of(ulong inode, FileTime? birth, long size, FileTime modified) =>
        birth is { } born
            ? new FileIdentity(inode, born.Seconds, born.Nanoseconds)
            : new FileIdentity(inode, modified.Seconds ^ (size << 20), modified.Nanoseconds | StandIn);

    /// <summary>Of the root of a library or of a file system: size and times change with its content and stand for nothing.</summary>
    public static FileIdentity OfRoot(in FileFacts facts) => Of(facts.Inode, facts.Birth, size: 0, modified: default);

    public FileTime? Birth => Nanoseconds < StandIn ? new FileTime(Seconds, Nanoseconds) : null;
}
