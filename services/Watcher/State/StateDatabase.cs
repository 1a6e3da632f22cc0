using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using SQLitePCL;
using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Libraries;
using static SQLitePCL.raw;

namespace WatchPhoto.Watcher.State;

/// <summary>
/// What the watcher has told the world, and what of it is not confirmed yet: one SQLite database. A plan and its messages
/// are one transaction, so a crash between any two instructions loses nothing and invents nothing.
/// One connection, used by the tracker's and the publisher's thread in turn: hold <see cref="Gate"/> around every use.
/// </summary>
internal sealed class StateDatabase : IDisposable
{
    private const int SchemaVersion = 4;

    private const string Schema = """
        CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE library (
            row INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            definition TEXT NOT NULL,
            root_inode INTEGER, root_seconds INTEGER, root_nanoseconds INTEGER,
            version INTEGER NOT NULL DEFAULT 0,
            entries INTEGER NOT NULL DEFAULT 0,
            digest INTEGER NOT NULL DEFAULT 0,
            disk_compared_at TEXT,
            recovering INTEGER NOT NULL DEFAULT 0,
            paused INTEGER NOT NULL DEFAULT 0,
            floor INTEGER NOT NULL DEFAULT 0,
            resync_directory BLOB, resync_name BLOB);
        -- AUTOINCREMENT: a row that is gone never comes to mean another directory.
        CREATE TABLE directory (
            row INTEGER PRIMARY KEY AUTOINCREMENT,
            library INTEGER NOT NULL,
            path BLOB NOT NULL,
            -- Of one that moved, until all of its entries are told of: its path before, and the last entry that is.
            before BLOB, told BLOB,
            UNIQUE (library, path));
        -- A scan walks directories in the order of their rows and names in order: rows are written in key order.
        CREATE TABLE entry (
            directory INTEGER NOT NULL,
            name BLOB NOT NULL,
            photo_id BLOB NOT NULL,
            version INTEGER NOT NULL,
            size INTEGER NOT NULL,
            modified_seconds INTEGER NOT NULL, modified_nanoseconds INTEGER NOT NULL,
            inode INTEGER NOT NULL, seconds INTEGER NOT NULL, nanoseconds INTEGER NOT NULL,
            digest INTEGER NOT NULL,
            missing INTEGER NOT NULL,
            PRIMARY KEY (directory, name)) WITHOUT ROWID;
        CREATE INDEX entry_by_inode ON entry (inode);
        -- File systems mounted inside a library.
        CREATE TABLE mount (
            library INTEGER NOT NULL,
            path BLOB NOT NULL,
            inode INTEGER NOT NULL, seconds INTEGER NOT NULL, nanoseconds INTEGER NOT NULL,
            PRIMARY KEY (library, path)) WITHOUT ROWID;
        CREATE TABLE remembered (
            inode INTEGER NOT NULL, seconds INTEGER NOT NULL, nanoseconds INTEGER NOT NULL,
            photo_id BLOB NOT NULL,
            gone_at INTEGER NOT NULL,
            PRIMARY KEY (inode, seconds, nanoseconds)) WITHOUT ROWID;
        CREATE INDEX remembered_by_age ON remembered (gone_at);
        -- Events as JSON; or, of entries told of together, where they are: those of the directory from the first name to the
        -- last that have the version still. One that has another by then is told of by a later row.
        CREATE TABLE outbox (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            library INTEGER NOT NULL,
            count INTEGER NOT NULL,
            events BLOB NOT NULL,
            kind INTEGER, directory INTEGER, version INTEGER, first BLOB, last BLOB,
            -- Of entries that moved with their directory: its path before.
            before BLOB);
        """;

    // Each makes one version of the schema of the one before; the first makes the second.
    private static readonly string[] Upgrades =
    [
        """
        ALTER TABLE outbox ADD COLUMN kind INTEGER;
        ALTER TABLE outbox ADD COLUMN directory INTEGER;
        ALTER TABLE outbox ADD COLUMN version INTEGER;
        ALTER TABLE outbox ADD COLUMN first BLOB;
        ALTER TABLE outbox ADD COLUMN last BLOB;
        """,
        "ALTER TABLE outbox ADD COLUMN before BLOB;",
        """
        ALTER TABLE directory ADD COLUMN before BLOB;
        ALTER TABLE directory ADD COLUMN told BLOB;
        """,
    ];

    private const string EntryColumns =
        "directory, name, photo_id, version, size, modified_seconds, modified_nanoseconds, inode, seconds, nanoseconds, digest, missing";

    private const string OutboxRowBytes = "length(events) + ifnull(64 + length(first) + length(last) + ifnull(length(before), 0), 0)";
    private const string OutboxRowCounts = $"{OutboxRowBytes}, library, CASE WHEN before IS NOT NULL THEN directory END";

    // 8 MB.
    private const int MostInodeWords = 1 << 18;

    private static readonly byte[] EndOfAll = [.. Enumerable.Repeat((byte)0xFF, 1024)];

    private readonly sqlite3 _database;
    private readonly List<Statement> _statements = [];
    // While nothing was recorded before: that a file is not known, nearly always, then need not be asked of the database. Null
    // afterwards.
    private InodeSet? _inodes;
    private bool _remembers;
    private readonly ConcurrentDictionary<long, long> _outboxRowsOf = new();
    private long _outboxBytes;
    // By directory, rows of the outbox that tell of what has moved with it.
    private readonly Dictionary<long, int> _movesToTell = [];
    private readonly Statement _begin, _commit, _rollback;
    private readonly Statement _findDirectory, _addDirectory, _directoryByRow, _directoriesFrom, _moveDirectory, _moveTold, _removeDirectory;
    private readonly Statement _entriesAfter, _anyMissing;
    private readonly Statement _entriesOf, _entriesTold, _entriesBetween, _findEntry, _entriesByInode, _putEntry, _updateEntry, _removeEntry, _removeEntriesOf;
    private readonly Statement _remember, _recall, _forget, _forgetOld;
    private readonly Statement _saveLibrary, _addLibrary, _removeLibrary;
    private readonly Statement _addMount, _removeMounts, _anyEntryBelow, _countEntriesBelow;
    private readonly Statement _addOutbox, _addOutboxRange, _movesOf, _writeOut, _readOutbox, _removeOutbox, _removeOutboxOf;

    static StateDatabase() => Batteries_V2.Init();

    /// <exception cref="StateException">It cannot be opened, or is of a later version of the program.</exception>
    public StateDatabase(string path)
    {
        // Without a mutex of its own around every call: that is what the gate is.
        int result = sqlite3_open_v2(path, out _database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, null);
        if (result != SQLITE_OK)
        {
            var failure = StateException.From(_database, result);
            _database.Dispose();
            throw failure;
        }

        try
        {
            sqlite3_busy_timeout(_database, 5000);
            // New files have pages of 8 kB, older ones stay as they are: 16 MB of log before it is written back, or 8.
            // EXCLUSIVE: a second process with the same state fails here, not later.
            Execute("PRAGMA page_size = 8192; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -8192; PRAGMA wal_autocheckpoint = 2000; PRAGMA temp_store = MEMORY;");
            Prepare();
            Id = Guid.Parse(Meta("state_id") ?? SetMeta("state_id", Guid.NewGuid().ToString()), CultureInfo.InvariantCulture);

            _begin = Add("BEGIN IMMEDIATE");
            _commit = Add("COMMIT");
            _rollback = Add("ROLLBACK");
            _findDirectory = Add("SELECT row FROM directory WHERE library = ?1 AND path = ?2");
            _addDirectory = Add("INSERT INTO directory (library, path) VALUES (?1, ?2)");
            _directoryByRow = Add("SELECT row, library, path FROM directory WHERE row = ?1");
            _directoriesFrom = Add("SELECT row, library, path FROM directory WHERE library = ?1 AND path >= ?2 AND path < ?3 ORDER BY path");
            _moveDirectory = Add("UPDATE directory SET path = ?2, before = ?3, told = x'' WHERE row = ?1");
            _moveTold = Add("UPDATE directory SET before = CASE WHEN ?2 IS NOT NULL THEN before END, told = ?2 WHERE row = ?1");
            _removeDirectory = Add("DELETE FROM directory WHERE row = ?1 AND NOT EXISTS (SELECT 1 FROM entry WHERE directory = ?1)");
            _entriesOf = Add($"SELECT {EntryColumns} FROM entry WHERE directory = ?1 ORDER BY name");
            _entriesAfter = Add($"SELECT {EntryColumns} FROM entry WHERE directory = ?1 AND name > ?2 ORDER BY name LIMIT ?3");
            _anyMissing = Add("SELECT 1 FROM entry WHERE directory = ?1 AND missing LIMIT 1");
            _entriesTold = Add($"SELECT {EntryColumns} FROM entry WHERE directory = ?1 AND name BETWEEN ?2 AND ?3 AND version = ?4 ORDER BY name");
            _entriesBetween = Add("SELECT count(*) FROM (SELECT 1 FROM entry WHERE directory = ?1 AND name BETWEEN ?2 AND ?3 LIMIT ?4)");
            _findEntry = Add($"SELECT {EntryColumns} FROM entry WHERE directory = ?1 AND name = ?2");
            _entriesByInode = Add($"SELECT {EntryColumns} FROM entry WHERE inode = ?1");
            _putEntry = Add($"INSERT OR REPLACE INTO entry ({EntryColumns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)");
            _updateEntry = Add("UPDATE entry SET version = ?3, digest = ?4 WHERE directory = ?1 AND name = ?2");
            _removeEntry = Add("DELETE FROM entry WHERE directory = ?1 AND name = ?2");
            _removeEntriesOf = Add("DELETE FROM entry WHERE directory = ?1");
            _remember = Add("INSERT OR REPLACE INTO remembered (inode, seconds, nanoseconds, photo_id, gone_at) VALUES (?1, ?2, ?3, ?4, ?5)");
            _recall = Add("SELECT photo_id FROM remembered WHERE inode = ?1 AND seconds = ?2 AND nanoseconds = ?3 AND gone_at >= ?4");
            _forget = Add("DELETE FROM remembered WHERE inode = ?1 AND seconds = ?2 AND nanoseconds = ?3");
            _forgetOld = Add("DELETE FROM remembered WHERE gone_at < ?1");
            _saveLibrary = Add("""
                UPDATE library SET definition = ?2, root_inode = ?3, root_seconds = ?4, root_nanoseconds = ?5,
                    version = ?6, entries = ?7, digest = ?8, disk_compared_at = ?9, recovering = ?10, paused = ?11, floor = ?12,
                    resync_directory = ?13, resync_name = ?14 WHERE row = ?1
                """);
            _addLibrary = Add("INSERT INTO library (id, definition) VALUES (?1, ?2)");
            _removeLibrary = Add("DELETE FROM library WHERE row = ?1");
            _addMount = Add("INSERT INTO mount (library, path, inode, seconds, nanoseconds) VALUES (?1, ?2, ?3, ?4, ?5)");
            _removeMounts = Add("DELETE FROM mount WHERE library = ?1");
            _anyEntryBelow = Add("""
                SELECT 1 FROM directory WHERE library = ?1 AND path >= ?2 AND path < ?3
                    AND EXISTS (SELECT 1 FROM entry WHERE entry.directory = directory.row) LIMIT 1
                """);
            _countEntriesBelow = Add("""
                SELECT count(*) FROM directory JOIN entry ON entry.directory = directory.row
                WHERE directory.library = ?1 AND directory.path >= ?2 AND directory.path < ?3
                """);
            _addOutbox = Add($"INSERT INTO outbox (library, count, events) VALUES (?1, ?2, ?3) RETURNING {OutboxRowCounts}");
            _addOutboxRange = Add($"INSERT INTO outbox (library, count, events, kind, directory, version, first, last, before) VALUES (?1, ?2, x'', ?3, ?4, ?5, ?6, ?7, ?8) RETURNING {OutboxRowCounts}");
            _movesOf = Add($"SELECT sequence, version, first, last, before, {OutboxRowBytes} FROM outbox WHERE directory = ?1 AND before IS NOT NULL");
            _writeOut = Add("UPDATE outbox SET count = ?2, events = ?3, kind = NULL, directory = NULL, version = NULL, first = NULL, last = NULL, before = NULL WHERE sequence = ?1");
            _readOutbox = Add("""
                SELECT sequence, id, definition ->> 'epoch', count, events, kind, directory, outbox.version, first, last, before
                FROM outbox JOIN library ON row = library
                WHERE sequence > ?1 AND NOT paused ORDER BY sequence
                """);
            _removeOutbox = Add($"DELETE FROM outbox WHERE sequence = ?1 RETURNING {OutboxRowCounts}");
            _removeOutboxOf = Add($"DELETE FROM outbox WHERE library = ?1 RETURNING {OutboxRowCounts}");
            using (var all = new Statement(_database, $"SELECT {OutboxRowCounts} FROM outbox"))
                Count(all, 1);
            _inodes = Any("entry") ? null : new InodeSet();
            _remembers = Any("remembered");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Made with the database: who the watcher is to the catalog.</summary>
    public Guid Id { get; }

    /// <summary>Held around every use; the connection has two users.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Runs the work as one transaction: wholly, or not at all when it throws.</summary>
    public void Transact(Action work)
    {
        lock (Gate)
        {
            _begin.Run();
            try
            {
                work();
                _commit.Run();
            }
            catch
            {
                // A failed commit (disk full) may have rolled back by itself.
                if (sqlite3_get_autocommit(_database) == 0)
                    _rollback.Run();
                throw;
            }
        }
    }

    /// <summary>
    /// The same, but not waited for to be on the disk: the power may take it back, unless a transaction after it is.
    /// </summary>
    public void TransactSoon(Action work)
    {
        lock (Gate)
        {
            Execute("PRAGMA synchronous = NORMAL");
            try
            {
                Transact(work);
            }
            finally
            {
                Execute("PRAGMA synchronous = FULL");
            }
        }
    }

    public IReadOnlyList<WatchedLibrary> Libraries()
    {
        var libraries = new List<WatchedLibrary>();
        using var all = new Statement(_database,
            "SELECT row, definition, root_inode, root_seconds, root_nanoseconds, version, entries, digest, disk_compared_at, recovering, paused, floor, resync_directory, resync_name FROM library ORDER BY row");
        while (all.Step())
        {
            libraries.Add(new WatchedLibrary(all.Number(0), JsonSerializer.Deserialize(all.Text(1), StateJson.Default.Library)!)
            {
                RootIdentity = all.IsNull(2) ? null : new FileIdentity((ulong)all.Number(2), all.Number(3), (int)all.Number(4)),
                Version = all.Number(5),
                Entries = all.Number(6),
                Digest = all.Number(7),
                DiskComparedAt = all.IsNull(8) ? null : DateTimeOffset.Parse(all.Text(8), CultureInfo.InvariantCulture),
                IsRecovering = all.Number(9) != 0,
                IsPaused = all.Number(10) != 0,
                Floor = all.Number(11),
                Resync = all.IsNull(12) ? null : new ResyncCursor(all.Bytes(12).ToArray(), all.Bytes(13).ToArray()),
            });
        }

        using var mounts = new Statement(_database, "SELECT path, inode, seconds, nanoseconds FROM mount WHERE library = ?1");
        foreach (var library in libraries)
        {
            mounts.Bind(1, library.Row);
            while (mounts.Step())
                library.Mounts.Add(mounts.Bytes(0).ToArray(), new FileIdentity((ulong)mounts.Number(1), mounts.Number(2), (int)mounts.Number(3)));
        }

        return libraries;
    }

    /// <summary>Keeps which file systems are mounted inside the library.</summary>
    public void SaveMounts(WatchedLibrary library)
    {
        _removeMounts.Bind(1, library.Row).Run();
        foreach (var (path, root) in library.Mounts)
        {
            _addMount.Bind(1, library.Row).Bind(2, path.AsSpan()).Bind(3, (long)root.Inode).Bind(4, root.Seconds)
                .Bind(5, root.Nanoseconds).Run();
        }
    }

    public WatchedLibrary AddLibrary(Library definition)
    {
        _addLibrary.Bind(1, definition.Id).Bind(2, JsonSerializer.Serialize(definition, StateJson.Default.Library)).Run();
        return new WatchedLibrary(sqlite3_last_insert_rowid(_database), definition);
    }

    public void SaveLibrary(WatchedLibrary library)
    {
        _saveLibrary.Bind(1, library.Row)
            .Bind(2, JsonSerializer.Serialize(library.Definition, StateJson.Default.Library))
            .Bind(6, library.Version).Bind(7, library.Entries).Bind(8, library.Digest)
            .Bind(9, library.DiskComparedAt?.ToString("O", CultureInfo.InvariantCulture))
            .Bind(10, library.IsRecovering ? 1 : 0).Bind(11, library.IsPaused ? 1 : 0).Bind(12, library.Floor);
        if (library.Resync is { } resync)
            _saveLibrary.Bind(13, resync.Directory.AsSpan()).Bind(14, resync.Name.AsSpan());
        else
            _saveLibrary.Bind(13, (string?)null).Bind(14, (string?)null);
        if (library.RootIdentity is { } root)
            _saveLibrary.Bind(3, (long)root.Inode).Bind(4, root.Seconds).Bind(5, root.Nanoseconds);
        else
            _saveLibrary.Bind(3, (string?)null).Bind(4, (string?)null).Bind(5, (string?)null);
        _saveLibrary.Run();
    }

    /// <summary>Lets go of a library: nothing is published, its photo ids are remembered by their files.</summary>
    public void RemoveLibrary(WatchedLibrary library, DateTimeOffset now)
    {
        foreach (var directory in DirectoriesBelow(library, []))
        {
            foreach (var entry in EntriesOf(directory.Row))
                Remember(entry, now);
            _removeEntriesOf.Bind(1, directory.Row).Run();
            RemoveDirectory(directory.Row);
        }

        _removeMounts.Bind(1, library.Row).Run();
        RemoveOutbox(library);
        _removeLibrary.Bind(1, library.Row).Run();
    }

    /// <summary>Empties a library whose entries are to be learned anew; nothing is remembered or published.</summary>
    public void RemoveEntries(WatchedLibrary library)
    {
        foreach (var directory in DirectoriesBelow(library, []))
        {
            _removeEntriesOf.Bind(1, directory.Row).Run();
            RemoveDirectory(directory.Row);
        }
    }

    /// <returns>The directory's row, or null: it never had entries.</returns>
    public long? FindDirectory(WatchedLibrary library, ReadOnlySpan<byte> path) => FindDirectory(library.Row, path);

    private long? FindDirectory(long library, ReadOnlySpan<byte> path)
    {
        _findDirectory.Bind(1, library).Bind(2, path);
        if (!_findDirectory.Step())
            return null;
        long row = _findDirectory.Number(0);
        _findDirectory.Reset();
        return row;
    }

    public long FindOrAddDirectory(WatchedLibrary library, ReadOnlySpan<byte> path)
    {
        if (FindDirectory(library, path) is { } row)
            return row;
        _addDirectory.Bind(1, library.Row).Bind(2, path).Run();
        return sqlite3_last_insert_rowid(_database);
    }

    public DirectoryRow? Directory(long row)
    {
        _directoryByRow.Bind(1, row);
        DirectoryRow? found = _directoryByRow.Step() ? ReadDirectory(_directoryByRow) : null;
        _directoryByRow.Reset();
        return found;
    }

    /// <summary>The directories with entries at or below a path, in the order of their paths.</summary>
    /// <param name="path">With a slash at the end; empty for the whole library.</param>
    public IReadOnlyList<DirectoryRow> DirectoriesBelow(WatchedLibrary library, ReadOnlySpan<byte> path)
    {
        _directoriesFrom.Bind(1, library.Row).Bind(2, path).Bind(3, EndOfSubtree(path));
        var rows = new List<DirectoryRow>();
        while (_directoriesFrom.Step())
            rows.Add(ReadDirectory(_directoriesFrom));
        return rows;
    }

    /// <param name="path">With a slash at the end; empty for the whole library.</param>
    public bool AnyEntryBelow(WatchedLibrary library, ReadOnlySpan<byte> path)
    {
        bool any = _anyEntryBelow.Bind(1, library.Row).Bind(2, path).Bind(3, EndOfSubtree(path)).Step();
        _anyEntryBelow.Reset();
        return any;
    }

    /// <param name="path">With a slash at the end; empty for the whole library.</param>
    public long CountEntriesBelow(WatchedLibrary library, ReadOnlySpan<byte> path)
    {
        _countEntriesBelow.Bind(1, library.Row).Bind(2, path).Bind(3, EndOfSubtree(path)).Step();
        long count = _countEntriesBelow.Number(0);
        _countEntriesBelow.Reset();
        return count;
    }

    /// <summary>How many directories have taken their rows to another path: what was known of a path's row may be old.</summary>
    public long DirectoriesMoved { get; private set; }

    /// <summary>
    /// The directory is at another path, where none with entries is, and what is recorded in it with it: that is to be told of next
    /// (<see cref="MoveIsTold"/>). At the old path stays an empty one, which is found gone.
    /// </summary>
    public void MoveDirectory(DirectoryRow directory, ReadOnlySpan<byte> path)
    {
        WriteOutMoves(directory.Row);
        if (FindDirectory(directory.Library, path) is { } emptied)
            RemoveDirectory(emptied);
        _moveDirectory.Bind(1, directory.Row).Bind(2, path).Bind(3, directory.Path.AsSpan()).Run();
        _addDirectory.Bind(1, directory.Library).Bind(2, directory.Path.AsSpan()).Run();
        DirectoriesMoved++;
    }

    /// <summary>Of a directory that has moved, its entries up to a name are told of; null: all.</summary>
    public void MoveIsTold(long directory, byte[]? name)
    {
        _moveTold.Bind(1, directory);
        (name is null ? _moveTold.Bind(2, (string?)null) : _moveTold.Bind(2, name.AsSpan())).Run();
    }

    /// <summary>Directories that have moved, and of whose entries not all are told: the process died in between.</summary>
    public IReadOnlyList<MoveToTell> MovesToTell()
    {
        var moves = new List<MoveToTell>();
        using var all = new Statement(_database, "SELECT row, library, path, before, told FROM directory WHERE before IS NOT NULL");
        while (all.Step())
            moves.Add(new MoveToTell(ReadDirectory(all), all.Bytes(3).ToArray()) { Told = all.Bytes(4).ToArray() });
        return moves;
    }

    /// <summary>Forgets the directory if no entry is left in it.</summary>
    public void RemoveDirectory(long row) => _removeDirectory.Bind(1, row).Run();

    /// <summary>The first directory of a library at or behind a path, in the order of their paths.</summary>
    public DirectoryRow? DirectoryFrom(WatchedLibrary library, ReadOnlySpan<byte> path)
    {
        _directoriesFrom.Bind(1, library.Row).Bind(2, path).Bind(3, EndOfAll);
        DirectoryRow? found = _directoriesFrom.Step() ? ReadDirectory(_directoriesFrom) : null;
        _directoriesFrom.Reset();
        return found;
    }

    /// <summary>Some entries of a directory behind a name, in the order of their names.</summary>
    public List<Entry> EntriesOf(long directory, ReadOnlySpan<byte> after, int limit)
    {
        var entries = new List<Entry>();
        _entriesAfter.Bind(1, directory).Bind(2, after).Bind(3, limit);
        while (_entriesAfter.Step())
            entries.Add(ReadEntry(_entriesAfter));
        return entries;
    }

    /// <summary>Whether one of a directory's entries is kept though it was missing.</summary>
    public bool AnyMissing(long directory)
    {
        bool any = _anyMissing.Bind(1, directory).Step();
        _anyMissing.Reset();
        return any;
    }

    /// <summary>The entries of a directory in the order of their names. Read to the end before the next call.</summary>
    public IEnumerable<Entry> EntriesOf(long directory)
    {
        _entriesOf.Bind(1, directory);
        while (_entriesOf.Step())
            yield return ReadEntry(_entriesOf);
    }

    public Entry? Find(EntryKey key)
    {
        _findEntry.Bind(1, key.Directory).Bind(2, key.Name);
        var entry = _findEntry.Step() ? ReadEntry(_findEntry) : null;
        _findEntry.Reset();
        return entry;
    }

    /// <summary>Entries of this very file: none, one, or several hard links.</summary>
    /// <param name="most">Of more, only some.</param>
    public IReadOnlyList<Entry> Find(FileIdentity identity, int most = int.MaxValue)
    {
        if (_inodes?.Contains(identity.Inode) == false)
            return [];
        List<Entry>? found = null;
        _entriesByInode.Bind(1, (long)identity.Inode);
        while ((found is null || found.Count < most) && _entriesByInode.Step())
        {
            if (ReadEntry(_entriesByInode) is var entry && entry.Identity == identity)
                (found ??= []).Add(entry);
        }

        _entriesByInode.Reset();
        return found ?? (IReadOnlyList<Entry>)[];
    }

    public void Put(Entry entry)
    {
        WriteOutMoves(entry.Key.Directory);
        _inodes?.Add(entry.Identity.Inode);
        if (_inodes?.Words > MostInodeWords)
            _inodes = null;
        _putEntry.Bind(1, entry.Key.Directory).Bind(2, entry.Key.Name.AsSpan()).Bind(3, entry.PhotoId).Bind(4, entry.Version)
            .Bind(5, entry.Size).Bind(6, entry.Modified.Seconds).Bind(7, entry.Modified.Nanoseconds)
            .Bind(8, (long)entry.Identity.Inode).Bind(9, entry.Identity.Seconds).Bind(10, entry.Identity.Nanoseconds)
            .Bind(11, entry.Digest).Bind(12, entry.IsMissing ? 1 : 0).Run();
    }

    /// <summary>Changes an entry's version and digest where it is: in a directory that has moved, which tells of it.</summary>
    public void Update(Entry entry) =>
        _updateEntry.Bind(1, entry.Key.Directory).Bind(2, entry.Key.Name.AsSpan()).Bind(3, entry.Version).Bind(4, entry.Digest).Run();

    public void Remove(EntryKey key)
    {
        WriteOutMoves(key.Directory);
        _removeEntry.Bind(1, key.Directory).Bind(2, key.Name.AsSpan()).Run();
    }

    /// <summary>Keeps the photo id of a file that is gone, for its return.</summary>
    public void Remember(Entry entry, DateTimeOffset now)
    {
        _remembers = true;
        var (identity, photoId) = (entry.Identity.Remembered(entry.Key.Name), entry.PhotoId);
        // Which of two files comes back that are the same by all that lasts, nothing would tell: neither does.
        if (identity.IsWeak && Remembered(identity, DateTimeOffset.MinValue) is { } other && other != photoId)
            photoId = Guid.Empty;
        _remember.Bind(1, (long)identity.Inode).Bind(2, identity.Seconds).Bind(3, identity.Nanoseconds)
            .Bind(4, photoId).Bind(5, now.ToUnixTimeSeconds()).Run();
    }

    /// <param name="since">What was gone before is forgotten.</param>
    public Guid? Recall(FileIdentity identity, ReadOnlySpan<byte> name, DateTimeOffset since) =>
        _remembers && Remembered(identity.Remembered(name), since) is { } photoId && photoId != Guid.Empty ? photoId : null;

    private Guid? Remembered(FileIdentity identity, DateTimeOffset since)
    {
        _recall.Bind(1, (long)identity.Inode).Bind(2, identity.Seconds).Bind(3, identity.Nanoseconds).Bind(4, since.ToUnixTimeSeconds());
        Guid? photoId = _recall.Step() ? _recall.Guid(0) : null;
        _recall.Reset();
        return photoId;
    }

    /// <summary>The file is back, or its id went on with another.</summary>
    public void Forget(FileIdentity file, ReadOnlySpan<byte> name)
    {
        var identity = file.Remembered(name);
        if (_remembers)
            _forget.Bind(1, (long)identity.Inode).Bind(2, identity.Seconds).Bind(3, identity.Nanoseconds).Run();
    }

    public void ForgetGoneBefore(DateTimeOffset time) => _forgetOld.Bind(1, time.ToUnixTimeSeconds()).Run();

    /// <summary>Rows of the outbox; read without <see cref="Gate"/>, it is a moment old.</summary>
    public long OutboxRows => _outboxRowsOf.Sum(of => of.Value);

    /// <summary>Those of one library.</summary>
    public long OutboxRowsOf(WatchedLibrary library) => _outboxRowsOf.GetValueOrDefault(library.Row);

    /// <summary>Those that leave: what a paused library has stays, and is no matter of the others.</summary>
    public long OutboxRowsToSend(IEnumerable<WatchedLibrary> libraries) => libraries.Where(library => !library.IsPaused).Sum(OutboxRowsOf);

    /// <summary>Bytes of what waits in the outbox; read without <see cref="Gate"/>, it is a moment old.</summary>
    public long OutboxBytes => Interlocked.Read(ref _outboxBytes);

    public void AddOutbox(WatchedLibrary library, int count, ReadOnlySpan<byte> events)
    {
        Count(_addOutbox.Bind(1, library.Row).Bind(2, count).Bind(3, events), 1);
    }

    /// <summary>Whether of the entries from one name to another in a directory at least half are those that are meant.</summary>
    public bool AreDense(Entry first, Entry last, int count)
    {
        int most = 2 * count;
        _entriesBetween.Bind(1, first.Key.Directory).Bind(2, first.Key.Name.AsSpan()).Bind(3, last.Key.Name.AsSpan()).Bind(4, most + 1).Step();
        long between = _entriesBetween.Number(0);
        _entriesBetween.Reset();
        return between <= most;
    }

    /// <summary>Tells of entries of one directory, which follow each other in the order of their names.</summary>
    /// <param name="last">Its version is that of all.</param>
    /// <param name="before">Of those that moved with their directory, its path before.</param>
    public void AddOutbox(WatchedLibrary library, int count, FileEventKind kind, Entry first, Entry last, byte[]? before)
    {
        _addOutboxRange.Bind(1, library.Row).Bind(2, count).Bind(3, (long)kind).Bind(4, first.Key.Directory).Bind(5, last.Version)
            .Bind(6, first.Key.Name.AsSpan()).Bind(7, last.Key.Name.AsSpan());
        Count(before is null ? _addOutboxRange.Bind(8, (string?)null) : _addOutboxRange.Bind(8, before.AsSpan()), 1);
    }

    /// <summary>Drops what waits to be sent of a library: it will be told as a whole.</summary>
    public void RemoveOutbox(WatchedLibrary library)
    {
        Count(_removeOutboxOf.Bind(1, library.Row), -1);
    }

    /// <summary>The oldest rows behind one: as many as have so many events, at least one if there is any.</summary>
    public IReadOnlyList<OutboxRow> ReadOutbox(long after, int events)
    {
        var rows = new List<OutboxRow>();
        _readOutbox.Bind(1, after);
        try
        {
            for (int count = 0; count < events && _readOutbox.Step();)
            {
                count += (int)_readOutbox.Number(3);
                var (sequence, library, epoch) = (_readOutbox.Number(0), _readOutbox.Text(1), _readOutbox.Number(2));
                rows.Add(_readOutbox.IsNull(5)
                    ? new OutboxRow(sequence, library, epoch, (int)_readOutbox.Number(3), _readOutbox.Bytes(4).ToArray())
                    : new OutboxRow(sequence, library, epoch, (FileEventKind)_readOutbox.Number(5), Directory(_readOutbox.Number(6))?.Path ?? [],
                        _readOutbox.IsNull(10) ? null : _readOutbox.Bytes(10).ToArray(),
                        EntriesTold(_readOutbox.Number(6), _readOutbox.Bytes(8), _readOutbox.Bytes(9), _readOutbox.Number(7))));
            }
        }
        finally
        {
            _readOutbox.Reset();
        }

        return rows;
    }

    public void RemoveOutbox(long sequence)
    {
        Count(_removeOutbox.Bind(1, sequence), -1);
    }

    /// <summary>Gives back what is cached of the database.</summary>
    public void ShrinkMemory()
    {
        _inodes = null;
        Execute("PRAGMA shrink_memory");
    }

    public string? Meta(string name)
    {
        using var find = new Statement(_database, "SELECT value FROM meta WHERE name = ?1");
        return find.Bind(1, name).Step() ? find.Text(0) : null;
    }

    public string SetMeta(string name, string value)
    {
        using var set = new Statement(_database, "INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)");
        set.Bind(1, name).Bind(2, value).Run();
        return value;
    }

    public void Dispose()
    {
        lock (Gate)
        {
            foreach (var statement in _statements)
                statement.Dispose();
            _database.Dispose();
        }
    }

    private static DirectoryRow ReadDirectory(Statement row) => new(row.Number(0), row.Number(1), row.Bytes(2).ToArray());

    private static Entry ReadEntry(Statement row) => new()
    {
        Key = new EntryKey(row.Number(0), row.Bytes(1).ToArray()),
        PhotoId = row.Guid(2),
        Version = row.Number(3),
        Size = row.Number(4),
        Modified = new FileTime(row.Number(5), (int)row.Number(6)),
        Identity = new FileIdentity((ulong)row.Number(7), row.Number(8), (int)row.Number(9)),
        Digest = (uint)row.Number(10),
        IsMissing = row.Number(11) != 0,
    };

    private List<Entry> EntriesTold(long directory, ReadOnlySpan<byte> first, ReadOnlySpan<byte> last, long version)
    {
        var entries = new List<Entry>();
        _entriesTold.Bind(1, directory).Bind(2, first).Bind(3, last).Bind(4, version);
        while (_entriesTold.Step())
            entries.Add(ReadEntry(_entriesTold));
        return entries;
    }

    // The slash is the last byte of a subtree's path; its successor ends the range. No name is as long as all names' end.
    private static byte[] EndOfSubtree(ReadOnlySpan<byte> path)
    {
        if (path.Length == 0)
            return EndOfAll;
        var end = path.ToArray();
        end[^1]++;
        return end;
    }

    private bool Any(string table)
    {
        using var any = new Statement(_database, $"SELECT EXISTS (SELECT 1 FROM {table})");
        return any.Step() && any.Number(0) != 0;
    }

    // Of an entry that is another one by then nobody else would say where it has been: what waits to be told of a directory's
    // move becomes events before an entry in it changes.
    private void WriteOutMoves(long directory)
    {
        if (_movesToTell.Count == 0 || !_movesToTell.ContainsKey(directory))
            return;
        byte[] path = Directory(directory)!.Value.Path;
        var rows = new List<(long Sequence, long Version, byte[] First, byte[] Last, byte[] Before, long Bytes)>();
        _movesOf.Bind(1, directory);
        while (_movesOf.Step())
        {
            rows.Add((_movesOf.Number(0), _movesOf.Number(1), _movesOf.Bytes(2).ToArray(), _movesOf.Bytes(3).ToArray(),
                _movesOf.Bytes(4).ToArray(), _movesOf.Number(5)));
        }

        foreach (var (sequence, version, first, last, before, bytes) in rows)
        {
            var entries = EntriesTold(directory, first, last, version);
            byte[] events = Outbox.Json(Outbox.Events(FileEventKind.Moved, path, before, entries));
            _writeOut.Bind(1, sequence).Bind(2, entries.Count).Bind(3, events.AsSpan()).Run();
            _outboxBytes += events.Length - bytes;
        }

        _movesToTell.Remove(directory);
    }

    // Rows of the outbox that came (1) or went (-1), by what they return.
    private void Count(Statement rows, int sign)
    {
        while (rows.Step())
        {
            _outboxBytes += sign * rows.Number(0);
            _outboxRowsOf[rows.Number(1)] = _outboxRowsOf.GetValueOrDefault(rows.Number(1)) + sign;
            if (!rows.IsNull(2) && (_movesToTell[rows.Number(2)] = _movesToTell.GetValueOrDefault(rows.Number(2)) + sign) == 0)
                _movesToTell.Remove(rows.Number(2));
        }
    }

    private void Prepare()
    {
        using var version = new Statement(_database, "PRAGMA user_version");
        version.Step();
        long found = version.Number(0);
        version.Reset();
        switch (found)
        {
            case 0:
                Execute($"BEGIN; {Schema} PRAGMA user_version = {SchemaVersion}; COMMIT;");
                break;
            case < SchemaVersion:
                Execute($"BEGIN; {string.Concat(Upgrades.Skip((int)found - 1))} PRAGMA user_version = {SchemaVersion}; COMMIT;");
                break;
            case > SchemaVersion:
                throw new StateException("The watcher's state database was written by a later version of the program: use that, or another state directory.");
        }
    }

    private void Execute(string sql)
    {
        int result = sqlite3_exec(_database, sql);
        if (result != SQLITE_OK)
            throw StateException.From(_database, result);
    }

    private Statement Add(string sql)
    {
        var statement = new Statement(_database, sql);
        _statements.Add(statement);
        return statement;
    }
}
