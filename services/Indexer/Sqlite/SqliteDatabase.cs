using Microsoft.Data.Sqlite;
using WatchPhoto.Hosting;
using WatchPhoto.Indexer.Catalog;

namespace WatchPhoto.Indexer.Sqlite;

/// <summary>
/// The catalog in one file: one writer at a time; what waits for it when a work is done goes into the same transaction.
/// Readers have connections of their own and, by the write-ahead log, neither wait for the writer nor keep it waiting.
/// </summary>
internal sealed partial class SqliteDatabase : ICatalogSetup, IDisposable
{
    // New files have pages of 8 kB, older ones stay as they are: 16 MB of log before it is written back, or 8.
    // What is lost with the power is not lost to the catalog: the log keeps the file whole, and the proof finds what is missing.
    private const string WriterSettings = """
        PRAGMA page_size = 8192;
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = NORMAL;
        PRAGMA cache_size = -16000;
        PRAGMA wal_autocheckpoint = 2000;
        """;

    // Text is compared by its UTF-8 bytes, so the primary key is the order of paths. A tombstone has neither digest nor photo.
    // The index for the proof has the path before the digest: written in path order it fills from left to right.
    private const string FirstSchema = """
        CREATE TABLE register (
            library TEXT NOT NULL, path TEXT NOT NULL, version INTEGER NOT NULL, digest INTEGER,
            photo_id BLOB, size INTEGER, modified_s INTEGER, modified_ns INTEGER, inode INTEGER, birth_s INTEGER, birth_ns INTEGER,
            photo TEXT,
            PRIMARY KEY (library, path)) STRICT, WITHOUT ROWID;
        CREATE INDEX register_version ON register (library, version, path, digest);
        CREATE INDEX register_photo ON register (photo_id) WHERE photo_id IS NOT NULL;
        CREATE INDEX register_tombstone ON register (version) WHERE digest IS NULL;

        CREATE TABLE removal (
            library TEXT NOT NULL, directory TEXT NOT NULL, version INTEGER NOT NULL,
            PRIMARY KEY (library, directory)) STRICT, WITHOUT ROWID;
        CREATE INDEX removal_version ON removal (library, version);

        CREATE TABLE catalog (id TEXT NOT NULL, revision INTEGER NOT NULL) STRICT;

        CREATE TABLE library (
            id TEXT PRIMARY KEY, name TEXT NOT NULL, host TEXT NOT NULL, path TEXT NOT NULL, include TEXT, exclude TEXT,
            kind TEXT NOT NULL DEFAULT 'store', backend TEXT NOT NULL DEFAULT 'local', watch TEXT NOT NULL DEFAULT 'auto',
            epoch INTEGER NOT NULL DEFAULT 1,
            removed_at TEXT) STRICT, WITHOUT ROWID;
        CREATE TRIGGER library_added AFTER INSERT ON library BEGIN UPDATE catalog SET revision = revision + 1; END;
        CREATE TRIGGER library_changed AFTER UPDATE ON library BEGIN UPDATE catalog SET revision = revision + 1; END;
        CREATE TRIGGER library_gone AFTER DELETE ON library BEGIN UPDATE catalog SET revision = revision + 1; END;

        CREATE TABLE watcher (
            host TEXT PRIMARY KEY, state_id TEXT NOT NULL, sent_at INTEGER NOT NULL, report TEXT NOT NULL) STRICT, WITHOUT ROWID;

        CREATE TABLE verification (library TEXT PRIMARY KEY, verification TEXT NOT NULL) STRICT, WITHOUT ROWID;
        """;

    // Of a host's watcher: since when others have been waiting for a word of it, and one that it has not answered to.
    private const string OwnersSchema = """
        ALTER TABLE library ADD COLUMN owner TEXT;
        ALTER TABLE watcher ADD COLUMN rival_since INTEGER;
        ALTER TABLE watcher ADD COLUMN rival TEXT;
        """;

    // When a host's watcher was last heard, in ticks, as of the last report that was written: from the upgrade on.
    private const string SilenceSchema = """
        ALTER TABLE watcher ADD COLUMN heard_at INTEGER NOT NULL DEFAULT 0;
        UPDATE watcher SET heard_at = unixepoch() * 10000000 + 621355968000000000;
        """;

    // Each makes one version of the schema of the one before.
    private static readonly string[] Schemas = [FirstSchema, OwnersSchema, SilenceSchema];

    private readonly string _path;
    private readonly ILogger _logger;
    private readonly string _readers;
    private readonly string _writers;
    private readonly SemaphoreSlim _writing = new(1, 1);

    // Who waits for _writing, and comes for certain.
    private int _waiting;

    // Touched only by who holds _writing.
    private SqliteWriter? _writer;
    private bool _disposed;

    public SqliteDatabase(string path, ILogger<SqliteDatabase> logger)
    {
        (_path, _logger) = (path, logger);
        _readers = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly }.ToString();
        _writers = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString();
    }

    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(_path)) is { } directory)
            PrivateFiles.MakeDirectory(directory);
        PrivateFiles.NarrowDatabase(_path);
        await WriteAsync(Prepare, cancellationToken);
        // What has just been made, too.
        foreach (string problem in PrivateFiles.NarrowDatabase(_path))
            LogNotPrivate(problem);
    }

    /// <inheritdoc cref="WriteAsync{T}(Func{SqliteWriter, Task{T}}, CancellationToken)"/>
    public Task<T> WriteAsync<T>(Func<SqliteWriter, T> work, CancellationToken cancellationToken) =>
        WriteAsync(writer => Task.FromResult(work(writer)), cancellationToken);

    /// <summary>Does the work in a transaction, which counts wholly or, if the work throws, not at all.</summary>
    /// <param name="work">
    /// Changes nothing but the database: it is done again when another's work, in the same transaction, has thrown.
    /// </param>
    public async Task<T> WriteAsync<T>(Func<SqliteWriter, Task<T>> work, CancellationToken cancellationToken)
    {
        while (true)
        {
            // SQLite keeps its thread: let that not be the bus's, which has the next message to read.
            var (result, transaction) = await Task.Run(() => JoinAsync(work, cancellationToken), cancellationToken);
            if (await transaction)
                return result;
        }
    }

    private async Task<(T Result, Task<bool> Transaction)> JoinAsync<T>(
        Func<SqliteWriter, Task<T>> work, CancellationToken cancellationToken)
    {
        // Not cancelled: one that comes ends the transaction that was left open for it.
        Interlocked.Increment(ref _waiting);
        await _writing.WaitAsync(CancellationToken.None);
        Interlocked.Decrement(ref _waiting);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (cancellationToken.IsCancellationRequested && !OthersFollow())
                _writer?.End();
            cancellationToken.ThrowIfCancellationRequested();
            _writer ??= new SqliteWriter(OpenWriter());
            return await _writer.JoinAsync(work, OthersFollow);
        }
        catch (SqliteException exception) when (DamagedCatalogException.IsDueOfFile(exception))
        {
            throw new DamagedCatalogException(_path, exception.Message);
        }
        finally
        {
            _writing.Release();
        }
    }

    private bool OthersFollow() => Volatile.Read(ref _waiting) > 0;

    /// <exception cref="DamagedCatalogException"/>
    public T Read<T>(Func<SqliteConnection, T> read)
    {
        try
        {
            using var connection = new SqliteConnection(_readers);
            connection.Open();
            return read(connection);
        }
        catch (Exception exception) when (DamagedCatalogException.IsDue(exception))
        {
            throw new DamagedCatalogException(_path, exception.Message);
        }
    }

    public void Dispose()
    {
        _writing.Wait();
        try
        {
            if (_disposed)
                return;
            _disposed = true;
            using var writer = _writer;
            using var connection = new SqliteConnection(_readers);
            SqliteConnection.ClearPool(connection);
            writer?.End();
        }
        finally
        {
            _writing.Release();
        }
    }

    private SqliteConnection OpenWriter()
    {
        var connection = new SqliteConnection(_writers);
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = WriterSettings;
            command.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    // In one transaction that locks the file, so of two that start at once the second finds everything there.
    private bool Prepare(SqliteWriter writer)
    {
        long version = (long)writer.Scalar("PRAGMA user_version")!;
        if (version > Schemas.Length)
        {
            throw new NotSupportedException(
                $"The catalog '{_path}' was made by a newer WatchPhoto (its schema is {version}, the newest known here {Schemas.Length}).");
        }

        if (version == Schemas.Length)
            return true;
        foreach (string schema in Schemas.Skip((int)version))
            writer.Execute(schema);
        if (version == 0)
            writer.Execute("INSERT INTO catalog VALUES ($id, 1)", ("$id", Guid.CreateVersion7().ToString()));
        writer.Execute($"PRAGMA user_version = {Schemas.Length}");
        return true;
    }

    [LoggerMessage(LogLevel.Information, "{Problem}")]
    private partial void LogNotPrivate(string problem);
}
