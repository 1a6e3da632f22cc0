using SQLitePCL;
using WatchPhoto.Sqlite;
using static SQLitePCL.raw;

namespace WatchPhoto.Watcher.State;

/// <summary>
/// The one connection to the state's database, used by the tracker's and the publisher's thread in turn: <see cref="Gate"/> is held
/// around every use.
/// </summary>
internal sealed class Connection : IDisposable
{
    private readonly sqlite3 _database;
    private readonly List<Statement> _statements = [];
    private readonly Statement _begin, _commit, _rollback;

    static Connection() => Batteries_V2.Init();

    /// <exception cref="StateException">It cannot be opened.</exception>
    public Connection(string path)
    {
        // Without a mutex of its own around every call: that is what the gate is.
        int result = sqlite3_open_v2(path, out _database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, null);
        try
        {
            StateException.Check(result, _database);
            sqlite3_busy_timeout(_database, 5000);
            // New files have pages of 8 kB, older ones stay as they are: 16 MB of log before it is written back, or 8.
            // EXCLUSIVE: a second process with the same state fails here, not later.
            Execute("""
                PRAGMA page_size = 8192; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                PRAGMA cache_size = -8192; PRAGMA wal_autocheckpoint = 2000; PRAGMA temp_store = MEMORY;
                """);
            (_begin, _commit, _rollback) = (Prepare("BEGIN IMMEDIATE"), Prepare("COMMIT"), Prepare("ROLLBACK"));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Held around every use; the connection has two users.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The row that was inserted last.</summary>
    public long LastRow => sqlite3_last_insert_rowid(_database);

    /// <summary>A statement that lives as long as the connection.</summary>
    public Statement Prepare(string sql)
    {
        var statement = PrepareOnce(sql);
        _statements.Add(statement);
        return statement;
    }

    /// <summary>A statement for its one user to dispose of.</summary>
    public Statement PrepareOnce(string sql) => new(_database, sql, StateException.Check);

    public void Execute(string sql) => StateException.Check(sqlite3_exec(_database, sql), _database);

    /// <summary>The one number that a query has.</summary>
    public long Number(string sql)
    {
        using var query = PrepareOnce(sql);
        return query.FirstNumber() ?? 0;
    }

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

    public void Dispose()
    {
        lock (Gate)
        {
            foreach (var statement in _statements)
                statement.Dispose();
            _database.Dispose();
        }
    }
}
