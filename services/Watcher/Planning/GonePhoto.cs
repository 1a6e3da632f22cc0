namespace WatchPhoto.Watcher.Planning;

/// <summary>A photo whose file, known by no lasting number, is gone: it may be on its way to another name.</summary>
/// <param name="PhotoId">Empty: two went that are the same, and which of them comes back nothing would tell.</param>
internal readonly record struct GonePhoto(Guid PhotoId, byte[] Name, DateTimeOffset At)
{
    // A file on its way from one look to another has any name.
    private static readonly TimeSpan UnderWay = TimeSpan.FromMinutes(1);

    public bool IsUnderWay(DateTimeOffset now) => now - At < UnderWay;

    public bool IsOld(DateTimeOffset now) => At < now - UnderWay;
}
