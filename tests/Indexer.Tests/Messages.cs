using WatchPhoto.Contracts;

namespace WatchPhoto.Indexer.Tests;

/// <summary>Messages as a watcher sends them.</summary>
internal static class Messages
{
    public static long Now => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1000;

    public static FileEvents Of(params FileEvent[] events) => new() { LibraryId = "photos", Epoch = 1, Host = "nas", Events = events };

    public static FileEvent Created(string path, Guid? photoId = null, long? version = null) => new()
    {
        Kind = FileEventKind.Created,
        Version = version ?? Now,
        Path = path,
        PhotoId = photoId ?? Guid.CreateVersion7(),
        File = new PhotoFile { Size = 1234, ModifiedAt = FileTime.Parse("2026-01-02T03:04:05.123456789Z"), Inode = 42 },
    };
}
