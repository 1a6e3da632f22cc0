using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace WatchPhoto.Indexer.Sqlite;

/// <summary>
/// A statement prepared once and run for every event, on SQLite's own interface: a command looks its parameters up by
/// name, boxes each value and makes a reader each time, which costs more than what SQLite does. Bind from the first
/// parameter on, then run; what is not bound is NULL.
/// </summary>
internal sealed class SqliteStatement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private byte[] _text = new byte[512];
    private int _bound;

    public SqliteStatement(SqliteConnection connection, string sql)
    {
        _database = connection.Handle!;
        Check(raw.sqlite3_prepare_v2(_database, sql, out _statement));
    }

    public SqliteStatement Bind(long value) => After(raw.sqlite3_bind_int64(_statement, ++_bound, value));

    public SqliteStatement Bind(long? value) => value is { } number ? Bind(number) : BindNull();

    public SqliteStatement Bind(string? value)
    {
        if (value is null)
            return BindNull();
        int most = Encoding.UTF8.GetMaxByteCount(value.Length);
        if (_text.Length < most)
            _text = new byte[most];
        return After(raw.sqlite3_bind_text(_statement, ++_bound, _text.AsSpan(0, Encoding.UTF8.GetBytes(value, _text))));
    }

    public SqliteStatement Bind(ReadOnlySpan<byte> value) => After(raw.sqlite3_bind_blob(_statement, ++_bound, value));

    public void Execute()
    {
        Step();
        Reset();
    }

    /// <returns>The first column of the first row; null: there is no row.</returns>
    public long? Number()
    {
        long? number = Step() ? raw.sqlite3_column_int64(_statement, 0) : null;
        Reset();
        return number;
    }

    public void Dispose() => _statement.Dispose();

    private SqliteStatement BindNull()
    {
        _bound++; // Reset has left NULL there
        return this;
    }

    private SqliteStatement After(int result)
    {
        if (result is not raw.SQLITE_OK)
            Fail(result);
        return this;
    }

    private bool Step()
    {
        int result = raw.sqlite3_step(_statement);
        if (result is not (raw.SQLITE_ROW or raw.SQLITE_DONE))
            Fail(result);
        return result is raw.SQLITE_ROW;
    }

    // Whoever runs the statement next must find nothing of this time in it.
    private void Fail(int result)
    {
        try
        {
            Check(result);
        }
        finally
        {
            Reset();
        }
    }

    // Its result is the one that Step has told already.
    private void Reset()
    {
        _ = raw.sqlite3_reset(_statement);
        _ = raw.sqlite3_clear_bindings(_statement);
        _bound = 0;
    }

    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, _database);
}
