namespace WatchPhoto.Scenarios.Tests.Running;

/// <summary>What the disk, or the catalog, says of a file.</summary>
/// <param name="ModifiedAt">ISO 8601 UTC, to the nanosecond.</param>
internal sealed record FileSays(long Size, string ModifiedAt);

/// <summary>A line of photos.ndjson.</summary>
internal sealed record Photo(string Path, Guid PhotoId, long Version, FileSays File);

/// <summary>What a watcher reports of a library.</summary>
internal sealed record Standing(string State, string Reason, long Entries, long Directories);
