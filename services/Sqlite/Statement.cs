using System.Text;
using SQLitePCL;
using static SQLitePCL.raw;

namespace WatchPhoto.Sqlite;

/// <summary>
/// A statement prepared once and run again and again, on SQLite's own interface: neither names are copied nor numbers boxed, and no
/// reader is made each time, which costs more than what SQLite does. Bind from the first parameter on, then run; what is not bound is NULL.
/// </summary>
public sealed class Statement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private readonly Action<int, sqlite3> _check;
    private readonly int _parameters;
    private byte[] _text = [];
    // 0: what was bound last is of the run before.
    private int _bound;
    private bool _isAtRow;

    /// <param name="check">Throws, of a result that is no success, what the database's user catches.</param>
    public Statement(sqlite3 database, string sql, Action<int, sqlite3> check)
    {
        (_database, _check) = (database, check);
        check(sqlite3_prepare_v3(database, sql, SQLITE_PREPARE_PERSISTENT, out _statement), database);
        _parameters = sqlite3_bind_parameter_count(_statement);
    }

    public Statement Bind(long value) => Check(sqlite3_bind_int64(_statement, Next(), value));

    public Statement Bind(long? value) => value is { } number ? Bind(number) : BindNull();

    // An empty span would bind NULL.
    public Statement Bind(ReadOnlySpan<byte> value) => Check(
        value.Length == 0 ? sqlite3_bind_zeroblob(_statement, Next(), 0) : sqlite3_bind_blob(_statement, Next(), value));

    public Statement Bind(byte[]? value) => value is null ? BindNull() : Bind(value.AsSpan());

    public Statement Bind(string? value)
    {
        if (value is null)
            return BindNull();
        if (value.Length == 0)
            return Check(sqlite3_bind_text(_statement, Next(), ""));
        int most = Encoding.UTF8.GetMaxByteCount(value.Length);
        if (_text.Length < most)
            _text = new byte[most];
        return Check(sqlite3_bind_text(_statement, Next(), _text.AsSpan(0, Encoding.UTF8.GetBytes(value, _text))));
    }

    public Statement Bind(Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        return Bind(bytes);
    }

    public Statement BindNull() => Check(sqlite3_bind_null(_statement, Next()));

    /// <summary>True: there is a row; after the last, the statement is ready to be used again.</summary>
    public bool Step()
    {
        while (_bound > 0 && _bound < _parameters)
            BindNull();
        _bound = 0;
        int result = sqlite3_step(_statement);
        if (_isAtRow = result == SQLITE_ROW)
            return true;
        _ = sqlite3_reset(_statement);
        if (result != SQLITE_DONE)
            _check(result, _database);
        return false;
    }

    public void Run()
    {
        while (Step())
        {
        }
    }

    /// <summary>Whether there is a row.</summary>
    public bool Any()
    {
        bool any = Step();
        Reset();
        return any;
    }

    /// <summary>The first column of the first row; null: there is no row.</summary>
    public long? FirstNumber()
    {
        long? number = Step() ? Number(0) : null;
        Reset();
        return number;
    }

    public void Reset()
    {
        if (_isAtRow)
            _ = sqlite3_reset(_statement);
        _isAtRow = false;
    }

    public bool IsNull(int column) => sqlite3_column_type(_statement, column) == SQLITE_NULL;

    public long Number(int column) => sqlite3_column_int64(_statement, column);

    public ReadOnlySpan<byte> Bytes(int column) => sqlite3_column_blob(_statement, column);

    public string Text(int column) => sqlite3_column_text(_statement, column).utf8_to_string();

    public Guid Id(int column) => new(Bytes(column), bigEndian: true);

    public void Dispose() => _statement.Dispose();

    // A statement not read to its end refuses new values until it is reset.
    private int Next()
    {
        if (_bound == 0)
            Reset();
        return ++_bound;
    }

    // Whoever runs the statement next must find nothing of this time in it.
    private Statement Check(int result)
    {
        if (result != SQLITE_OK)
        {
            _bound = 0;
            _check(result, _database);
        }

        return this;
    }
}
