using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Disk;

namespace WatchPhoto.Watcher.State;

/// <summary>Which entry: a name in a directory, by the directory's row.</summary>
internal readonly record struct EntryKey(long Directory, byte[] Name) : IComparable<EntryKey>
{
    private const int LongOnStack = 512;

    public int CompareTo(EntryKey other) =>
        Directory == other.Directory ? Name.AsSpan().SequenceCompareTo(other.Name) : Directory.CompareTo(other.Directory);

    /// <summary>The entry's path as it travels.</summary>
    /// <param name="directory">The path of its directory, with a slash at the end; empty for the root.</param>
    public string Path(byte[] directory)
    {
        int length = directory.Length + Name.Length;
        Span<byte> path = length <= LongOnStack ? stackalloc byte[length] : new byte[length];
        directory.CopyTo(path);
        Name.CopyTo(path[directory.Length..]);
        return PhotoPath.Encode(path);
    }

    public bool Equals(EntryKey other) => Directory == other.Directory && Name.AsSpan().SequenceEqual(other.Name);

    public override int GetHashCode() => HashCode.Combine(Directory, NameComparer.Instance.GetHashCode(Name));
}

/// <summary>An entry as last told to the world.</summary>
internal sealed record Entry
{
    public required EntryKey Key { get; init; }
    public required Guid PhotoId { get; init; }
    public required long Version { get; init; }
    public required long Size { get; init; }
    public required FileTime Modified { get; init; }
    public required FileIdentity Identity { get; init; }
    public required uint Digest { get; init; }

    /// <summary>Not on the disk when last looked for, and kept because a person has said so.</summary>
    public bool IsMissing { get; init; }

    /// <summary>Records a file as it is on the disk.</summary>
    /// <param name="path">As it travels.</param>
    public static Entry Of(EntryKey key, string path, Guid photoId, long version, in FileFacts facts)
    {
        var identity = facts.Identity;
        var file = new PhotoFile { Size = facts.Size, ModifiedAt = facts.Modified, Inode = identity.Number, BirthTime = facts.Birth };
        return new Entry
        {
            Key = key, PhotoId = photoId, Version = version, Size = facts.Size, Modified = facts.Modified, Identity = identity,
            Digest = RegisterDigest.Compute(path, version, photoId, file, photo: null),
        };
    }

    /// <summary>The same entry when it is told again, maybe after its directory has moved.</summary>
    /// <param name="path">As it travels.</param>
    public Entry At(string path, long version) =>
        this with { Version = version, Digest = RegisterDigest.Compute(path, version, PhotoId, File, photo: null) };

    /// <summary>Says how it is.</summary>
    /// <param name="directory">The path of its directory, with a slash at the end; empty for the root.</param>
    /// <param name="before">Of one that moved, its directory before; the name has not changed.</param>
    public FileEvent Event(FileEventKind kind, byte[] directory, byte[]? before = null) => new()
    {
        Kind = kind, Version = Version, Path = Key.Path(directory), OldPath = before is null ? null : Key.Path(before),
        PhotoId = PhotoId, File = File,
    };

    public PhotoFile File => new() { Size = Size, ModifiedAt = Modified, Inode = Identity.Number, BirthTime = Identity.Birth };

    public bool Matches(in FileFacts facts) =>
        Size == facts.Size && Modified == facts.Modified && Identity == facts.Identity;

    /// <summary>Whether this is the same file for all that lasts, but for its number: that was made up.</summary>
    public bool ShowsMadeUpNumber(in FileFacts facts) =>
        facts is { IsNumberMadeUp: false, Birth: { } birth } && !Identity.IsWeak && Identity.Inode != facts.Inode
        && (Identity.Birth, Size, Modified) == (birth, facts.Size, facts.Modified);
}

/// <summary>A directory that has, or had, entries.</summary>
/// <param name="Library">The library's row.</param>
/// <param name="Path">Relative to the library's root, with a slash at the end; empty for the root.</param>
internal readonly record struct DirectoryRow(long Row, long Library, byte[] Path);

/// <summary>A directory with entries that has moved, which are being told of.</summary>
/// <param name="directory">Where it is.</param>
/// <param name="before">Its path before.</param>
internal sealed class MoveToTell(DirectoryRow directory, byte[] before)
{
    public DirectoryRow Directory { get; } = directory;

    public byte[] Before { get; } = before;

    /// <summary>The name of the last entry that is told of; empty: none is. Null: all are.</summary>
    public byte[]? Told { get; set; } = [];
}
