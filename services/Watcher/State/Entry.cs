using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Disk;

namespace WatchPhoto.Watcher.State;

/// <summary>Which entry: a name in a directory, by the directory's row.</summary>
internal readonly record struct EntryKey(long Directory, byte[] Name) : IComparable<EntryKey>
{
    public int CompareTo(EntryKey other) =>
        Directory == other.Directory ? Name.AsSpan().SequenceCompareTo(other.Name) : Directory.CompareTo(other.Directory);

    /// <summary>The entry's path as it travels.</summary>
    /// <param name="directory">The path of its directory, with a slash at the end; empty for the root.</param>
    public string Path(byte[] directory) => PhotoPath.Encode([.. directory, .. Name]);

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

    /// <summary>Says how it is.</summary>
    /// <param name="directory">The path of its directory, with a slash at the end; empty for the root.</param>
    public FileEvent Event(FileEventKind kind, byte[] directory) =>
        new() { Kind = kind, Version = Version, Path = Key.Path(directory), PhotoId = PhotoId, File = File };

    public PhotoFile File => new() { Size = Size, ModifiedAt = Modified, Inode = Identity.Inode, BirthTime = Identity.Birth };

    public bool Matches(in FileFacts facts) =>
        Size == facts.Size && Modified == facts.Modified && Identity == facts.Identity;
}

/// <summary>A directory that has, or had, entries.</summary>
/// <param name="Library">The library's row.</param>
/// <param name="Path">Relative to the library's root, with a slash at the end; empty for the root.</param>
internal readonly record struct DirectoryRow(long Row, long Library, byte[] Path);
