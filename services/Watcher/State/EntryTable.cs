using WatchPhoto.Contracts;
using WatchPhoto.Sqlite;
using WatchPhoto.Watcher.Disk;

namespace WatchPhoto.Watcher.State;

/// <summary>Entries as last told to the world. What writes is for the <see cref="Ledger"/>, which counts it.</summary>
internal sealed class EntryTable(Connection connection)
{
    private const string Columns =
        "directory, name, photo_id, version, size, modified_seconds, modified_nanoseconds, inode, seconds, nanoseconds, digest, missing";

    // 8 MB.
    private const int MostInodeWords = 1 << 18;

    // While nothing was recorded before: that a file is not known, nearly always, then need not be asked of the database. Null
    // afterwards.
    private InodeSet? _inodes = connection.Number("SELECT EXISTS (SELECT 1 FROM entry)") != 0 ? null : new InodeSet();

    private readonly Statement _of = connection.Prepare($"SELECT {Columns} FROM entry WHERE directory = ?1 ORDER BY name");

    /// <summary>The entries of a directory in the order of their names. Read to the end before the next call.</summary>
    public IEnumerable<Entry> Of(long directory)
    {
        _of.Bind(directory);
        while (_of.Step())
            yield return Read(_of);
    }

    private readonly Statement _after = connection.Prepare(
        $"SELECT {Columns} FROM entry WHERE directory = ?1 AND name > ?2 ORDER BY name LIMIT ?3");

    /// <summary>Some entries of a directory behind a name, in the order of their names.</summary>
    public List<Entry> Of(long directory, ReadOnlySpan<byte> after, int limit) => All(_after.Bind(directory).Bind(after).Bind(limit));

    private readonly Statement _told = connection.Prepare(
        $"SELECT {Columns} FROM entry WHERE directory = ?1 AND name BETWEEN ?2 AND ?3 AND version = ?4 ORDER BY name");

    /// <summary>Those from one name to another in a directory that have this version.</summary>
    public List<Entry> Told(long directory, ReadOnlySpan<byte> first, ReadOnlySpan<byte> last, long version) =>
        All(_told.Bind(directory).Bind(first).Bind(last).Bind(version));

    private readonly Statement _between = connection.Prepare(
        "SELECT count(*) FROM (SELECT 1 FROM entry WHERE directory = ?1 AND name BETWEEN ?2 AND ?3 LIMIT ?4)");

    /// <summary>Whether of the entries from one name to another in a directory at least half are those that are meant.</summary>
    public bool AreDense(Entry first, Entry last, int count)
    {
        int most = 2 * count;
        return _between.Bind(first.Key.Directory).Bind(first.Key.Name).Bind(last.Key.Name).Bind(most + 1).FirstNumber() <= most;
    }

    private readonly Statement _anyMissing = connection.Prepare("SELECT 1 FROM entry WHERE directory = ?1 AND missing LIMIT 1");

    /// <summary>Whether one of a directory's entries is kept though it was missing.</summary>
    public bool AnyMissing(long directory) => _anyMissing.Bind(directory).Any();

    private readonly Statement _find = connection.Prepare($"SELECT {Columns} FROM entry WHERE directory = ?1 AND name = ?2");

    public Entry? Find(EntryKey key)
    {
        _find.Bind(key.Directory).Bind(key.Name);
        var entry = _find.Step() ? Read(_find) : null;
        _find.Reset();
        return entry;
    }

    private readonly Statement _findByInode = connection.Prepare($"SELECT {Columns} FROM entry WHERE inode = ?1");

    /// <summary>Entries of this very file: none, one, or several hard links.</summary>
    /// <param name="most">Of more, only some.</param>
    public IReadOnlyList<Entry> Find(FileIdentity identity, int most)
    {
        if (_inodes?.Contains(identity.Inode) == false)
            return [];
        List<Entry>? found = null;
        _findByInode.Bind((long)identity.Inode);
        while ((found is null || found.Count < most) && _findByInode.Step())
        {
            if (Read(_findByInode) is var entry && entry.Identity == identity)
                (found ??= []).Add(entry);
        }

        _findByInode.Reset();
        return found ?? (IReadOnlyList<Entry>)[];
    }

    private readonly Statement _put = connection.Prepare(
        $"INSERT OR REPLACE INTO entry ({Columns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)");

    public void Put(Entry entry)
    {
        _inodes?.Add(entry.Identity.Inode);
        if (_inodes?.Words > MostInodeWords)
            _inodes = null;
        _put.Bind(entry.Key.Directory).Bind(entry.Key.Name).Bind(entry.PhotoId).Bind(entry.Version)
            .Bind(entry.Size).Bind(entry.Modified.Seconds).Bind(entry.Modified.Nanoseconds)
            .Bind((long)entry.Identity.Inode).Bind(entry.Identity.Seconds).Bind(entry.Identity.Nanoseconds)
            .Bind(entry.Digest).Bind(entry.IsMissing ? 1 : 0).Run();
    }

    private readonly Statement _update = connection.Prepare(
        "UPDATE entry SET version = ?3, digest = ?4 WHERE directory = ?1 AND name = ?2");

    /// <summary>Changes an entry's version and digest where it is.</summary>
    public void Update(Entry entry) => _update.Bind(entry.Key.Directory).Bind(entry.Key.Name).Bind(entry.Version).Bind(entry.Digest).Run();

    private readonly Statement _remove = connection.Prepare("DELETE FROM entry WHERE directory = ?1 AND name = ?2");

    public void Remove(EntryKey key) => _remove.Bind(key.Directory).Bind(key.Name).Run();

    private readonly Statement _removeAllOf = connection.Prepare("DELETE FROM entry WHERE directory = ?1");

    public void RemoveAllOf(long directory) => _removeAllOf.Bind(directory).Run();

    /// <summary>Gives back what is remembered of the table.</summary>
    public void ShrinkMemory() => _inodes = null;

    private static List<Entry> All(Statement rows)
    {
        var entries = new List<Entry>();
        while (rows.Step())
            entries.Add(Read(rows));
        return entries;
    }

    private static Entry Read(Statement row) => new()
    {
        Key = new EntryKey(row.Number(0), row.Bytes(1).ToArray()),
        PhotoId = row.Id(2),
        Version = row.Number(3),
        Size = row.Number(4),
        Modified = new FileTime(row.Number(5), (int)row.Number(6)),
        Identity = new FileIdentity((ulong)row.Number(7), row.Number(8), (int)row.Number(9)),
        Digest = (uint)row.Number(10),
        IsMissing = row.Number(11) != 0,
    };
}
