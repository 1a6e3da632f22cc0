using SQLitePCL;
using WatchPhoto.Hosting;
using static SQLitePCL.raw;

namespace WatchPhoto.Watcher.State;

/// <summary>A prepared statement: bound and read without a copy of names or a box for a number.</summary>
internal sealed class Statement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private bool _isAtRow;

    public Statement(sqlite3 database, string sql)
    {
        _database = database;
        Check(sqlite3_prepare_v3(database, sql, SQLITE_PREPARE_PERSISTENT, out _statement));
    }

    public Statement Bind(int index, long value)
    {
        BeginAt(index);
        Check(sqlite3_bind_int64(_statement, index, value));
        return this;
    }

    public Statement Bind(int index, ReadOnlySpan<byte> value)
    {
        BeginAt(index);
        // An empty span would bind NULL.
        Check(value.Length == 0 ? sqlite3_bind_zeroblob(_statement, index, 0) : sqlite3_bind_blob(_statement, index, value));
        return this;
    }

    public Statement Bind(int index, string? value)
    {
        BeginAt(index);
        Check(value is null ? sqlite3_bind_null(_statement, index) : sqlite3_bind_text(_statement, index, value));
        return this;
    }

    public Statement Bind(int index, Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        return Bind(index, bytes);
    }

    /// <summary>True: there is a row; after the last, the statement is ready to be used again.</summary>
    public bool Step()
    {
        int result = sqlite3_step(_statement);
        if (_isAtRow = result == SQLITE_ROW)
            return true;
        sqlite3_reset(_statement);
        if (result != SQLITE_DONE)
            throw StateException.From(_database, result);
        return false;
    }

    public void Run()
    {
        while (Step())
        {
        }
    }

    public void Reset()
    {
        if (_isAtRow)
            sqlite3_reset(_statement);
        _isAtRow = false;
    }

    public bool IsNull(int column) => sqlite3_column_type(_statement, column) == SQLITE_NULL;

    public long Number(int column) => sqlite3_column_int64(_statement, column);

    public ReadOnlySpan<byte> Bytes(int column) => sqlite3_column_blob(_statement, column);

    public string Text(int column) => sqlite3_column_text(_statement, column).utf8_to_string();

    public Guid Guid(int column) => new(Bytes(column), bigEndian: true);

    public void Dispose() => _statement.Dispose();

    // A statement not read to its end refuses new values until it is reset.
    private void BeginAt(int index)
    {
        if (index == 1)
            Reset();
    }

    private void Check(int result)
    {
        if (result != SQLITE_OK)
            throw StateException.From(_database, result);
    }
}

/// <summary>The state database cannot be used: what SQLite says of it.</summary>
public sealed class StateException : IOException, IOperatorError
{
    public StateException()
    {
    }

    public StateException(string message)
        : base(message)
    {
    }

    public StateException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The file is no database or its content is damaged.</summary>
    public bool IsCorrupt { get; private init; }

    internal static StateException From(sqlite3 database, int result) =>
        (result & 0xff) == SQLITE_BUSY
            ? new("The state directory is in use by another watcher: stop that, or set Watcher:StateDirectory to another one.")
            : new($"The watcher's state database: {sqlite3_errmsg(database).utf8_to_string()} (SQLite {sqlite3_extended_errcode(database)}).")
        {
            IsCorrupt = (result & 0xff) is SQLITE_CORRUPT or SQLITE_NOTADB,
        };
}
