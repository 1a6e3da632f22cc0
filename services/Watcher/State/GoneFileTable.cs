using WatchPhoto.Sqlite;
using WatchPhoto.Watcher.Disk;

namespace WatchPhoto.Watcher.State;

/// <summary>The photo ids of files that are gone, for their return.</summary>
internal sealed class GoneFileTable(Connection connection)
{
    // Of a table that is empty, nearly always, nothing is asked.
    private bool _any = connection.Number("SELECT EXISTS (SELECT 1 FROM remembered)") != 0;

    private readonly Statement _put = connection.Prepare(
        "INSERT OR REPLACE INTO remembered (inode, seconds, nanoseconds, photo_id, gone_at) VALUES (?1, ?2, ?3, ?4, ?5)");

    /// <summary>Keeps the photo id of a file that is gone.</summary>
    public void Remember(Entry entry, DateTimeOffset now)
    {
        _any = true;
        var (identity, photoId) = (entry.Identity.Remembered(entry.Key.Name), entry.PhotoId);
        // Which of two files comes back that are the same by all that lasts, nothing would tell: neither does.
        if (identity.IsWeak && Find(identity, DateTimeOffset.MinValue) is { } other && other != photoId)
            photoId = Guid.Empty;
        Bind(_put, identity).Bind(photoId).Bind(now.ToUnixTimeSeconds()).Run();
    }

    /// <param name="since">What was gone before is forgotten.</param>
    public Guid? Recall(FileIdentity identity, ReadOnlySpan<byte> name, DateTimeOffset since) =>
        _any && Find(identity.Remembered(name), since) is { } photoId && photoId != Guid.Empty ? photoId : null;

    private readonly Statement _find = connection.Prepare(
        "SELECT photo_id FROM remembered WHERE inode = ?1 AND seconds = ?2 AND nanoseconds = ?3 AND gone_at >= ?4");

    private Guid? Find(FileIdentity identity, DateTimeOffset since)
    {
        Bind(_find, identity).Bind(since.ToUnixTimeSeconds());
        Guid? photoId = _find.Step() ? _find.Id(0) : null;
        _find.Reset();
        return photoId;
    }

    private readonly Statement _remove = connection.Prepare(
        "DELETE FROM remembered WHERE inode = ?1 AND seconds = ?2 AND nanoseconds = ?3");

    /// <summary>The file is back, or its id went on with another.</summary>
    public void Forget(FileIdentity file, ReadOnlySpan<byte> name)
    {
        if (_any)
            Bind(_remove, file.Remembered(name)).Run();
    }

    private readonly Statement _removeOld = connection.Prepare("DELETE FROM remembered WHERE gone_at < ?1");

    public void ForgetGoneBefore(DateTimeOffset time) => _removeOld.Bind(time.ToUnixTimeSeconds()).Run();

    private static Statement Bind(Statement statement, FileIdentity identity) =>
        statement.Bind((long)identity.Inode).Bind(identity.Seconds).Bind(identity.Nanoseconds);
}
