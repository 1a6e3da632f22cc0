namespace WatchPhoto.Testing;

/// <summary>What the disk, or the catalog, says of a file.</summary>
/// <param name="ModifiedAt">ISO 8601 UTC, to the nanosecond.</param>
public sealed record SeenFile(long Size, string ModifiedAt, ulong Inode);
