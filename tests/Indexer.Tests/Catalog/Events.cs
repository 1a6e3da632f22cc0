using WatchPhoto.Contracts;

namespace WatchPhoto.Indexer.Tests.Catalog;

/// <summary>Events in one line each.</summary>
internal static class Events
{
    /// <summary>The clock of all tests of the catalog: today, because a server forgets old tombstones by its own clock.</summary>
    public static readonly DateTimeOffset Now = new(DateTime.UtcNow.Date, TimeSpan.Zero);

    /// <summary>A version that many microseconds after an hour ago.</summary>
    public static long At(long version) =>
        (Now.AddHours(-1).Ticks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond + version;

    public static FileEvents Message(string library, params IEnumerable<FileEvent> events) =>
        new() { LibraryId = library, Epoch = 1, Host = "nas", Events = [.. events] };

    public static FileEvent Created(string path, long version, int photo = 1) => Living(FileEventKind.Created, path, version, photo);

    public static FileEvent Changed(string path, long version, int photo = 1) => Living(FileEventKind.Changed, path, version, photo);

    public static FileEvent Moved(string from, string to, long version, int photo = 1) =>
        Living(FileEventKind.Moved, to, version, photo) with { OldPath = from };

    public static FileEvent Deleted(string path, long version) =>
        new() { Kind = FileEventKind.Deleted, Version = At(version), Path = path };

    public static FileEvent Removed(string directory, long version) =>
        new() { Kind = FileEventKind.DirectoryRemoved, Version = At(version), Path = directory };

    public static Guid PhotoId(int photo) => new(photo, 0, 7, [1, 2, 3, 4, 5, 6, 7, 8]);

    private static FileEvent Living(FileEventKind kind, string path, long version, int photo) => new()
    {
        Kind = kind,
        Version = At(version),
        Path = path,
        PhotoId = PhotoId(photo),
        File = new PhotoFile
        {
            Size = 1000 + photo,
            ModifiedAt = new FileTime(1_700_000_000 + version, 123_456_789),
            Inode = (ulong)photo,
            BirthTime = photo % 2 == 0 ? null : new FileTime(1_600_000_000, 1),
        },
        Photo = photo % 3 == 0 ? null : new PhotoDescription { Width = photo, CameraMake = "Maker \"of\" $cameras" },
    };
}
