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

    public required uint Links { get; init; }

    /// <summary>A file system is mounted here.</summary>
    public bool IsMountRoot { get; init; }

    /// <summary>The file system makes <see cref="Inode"/> up, and another one after a while: it says which file this is only now.</summary>
    public bool IsNumberMadeUp { get; init; }

    public FileIdentity Identity => FileIdentity.Of(IsNumberMadeUp ? FileIdentity.NoNumber : Inode, Birth, Size, Modified);

    /// <summary>Whether both were looked at as one file of one name: two names that show it are two spellings, or it has just moved.</summary>
    public bool IsOneWith(in FileFacts other) =>
        Links == 1 && other.Links == 1 && (Device, Inode, Size, Modified) == (other.Device, other.Inode, other.Size, other.Modified);
}

/// <summary>
/// What follows a file through renames: its inode and birth time. Where there is no birth time, size and modification
/// time stand in for it (and <see cref="Nanoseconds"/> is beyond any birth time's, so that the two never meet). Where the inode
/// does not last, size and modification time are in its place (and <see cref="Nanoseconds"/> is negative): several files may
/// have such a weak identity.
/// </summary>
internal readonly record struct FileIdentity(ulong Inode, long Seconds, int Nanoseconds)
{
    /// <summary>What is told of an inode that does not last; no file has it.</summary>
    public const ulong NoNumber = 0;

    private const int StandIn = 1 << 30;

    /// <param name="inode"><see cref="NoNumber"/> where it does not last.</param>
    public static FileIdentity Of(ulong inode, FileTime? birth, long size, FileTime modified) =>
        inode == NoNumber
            ? new FileIdentity(
                Mix(Mix((ulong)size) ^ (ulong)modified.Seconds) ^ Mix((ulong)modified.Nanoseconds), birth?.Seconds ?? 0,
                (birth?.Nanoseconds ?? StandIn) | int.MinValue)
            : birth is { } born
                ? new FileIdentity(inode, born.Seconds, born.Nanoseconds)
                : new FileIdentity(inode, modified.Seconds ^ (size << 20), modified.Nanoseconds | StandIn);

    /// <summary>Of the root of a library or of a file system: size and times change with its content and stand for nothing.</summary>
    public static FileIdentity OfRoot(in FileFacts facts) => Of(facts.Inode, facts.Birth, size: 0, modified: default);

    /// <summary>Of the root of a library or of a file system whose numbers do not last.</summary>
    /// <param name="fileSystem">What lasts of the file system, and the path in it.</param>
    public static FileIdentity OfRoot(ReadOnlySpan<byte> fileSystem) => new(Hash(fileSystem), 0, StandIn | int.MinValue);

    /// <summary>Other files may have it, too.</summary>
    public bool IsWeak => Nanoseconds < 0;

    public ulong Number => IsWeak ? NoNumber : Inode;

    public FileTime? Birth => (Nanoseconds & int.MaxValue) is var birth && birth < StandIn ? new FileTime(Seconds, birth) : null;

    /// <summary>Under what a file is remembered that is gone: of a weak identity the name is a part then.</summary>
    public FileIdentity Remembered(ReadOnlySpan<byte> name) => IsWeak ? this with { Inode = Mix(Inode) ^ Hash(name) } : this;

    // These are kept in the state, so they must never change: FNV-1a, and the finalizer of SplitMix64, a bijection.
    private static ulong Hash(ReadOnlySpan<byte> bytes)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (byte b in bytes)
            hash = (hash ^ b) * 0x100000001B3;
        return Mix(hash);
    }

    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
