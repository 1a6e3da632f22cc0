using Microsoft.Data.Sqlite;

namespace WatchPhoto.Indexer.Sqlite;

/// <summary>The one connection that writes, with its statements prepared once. Not for two callers at a time.</summary>
internal sealed class SqliteWriter : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _commands = [];
    private SqliteRegisterSteps? _registers;

    public SqliteWriter(SqliteConnection connection) => _connection = connection;

    public SqliteRegisterSteps Registers => _registers ??= new SqliteRegisterSteps(_connection);

    public async Task<T> InTransactionAsync<T>(Func<SqliteWriter, Task<T>> work)
    {
        // Immediate: who reads first and then wants to write may find that another process has written meanwhile.
        Execute("BEGIN IMMEDIATE");
        try
        {
            var result = await work(this);
            Execute("COMMIT");
            return result;
        }
        catch
        {
            RollBack();
            throw;
        }
    }

    public int Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters) =>
        Bound(sql, parameters).ExecuteNonQuery();

    public object? Scalar(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters) =>
        Bound(sql, parameters).ExecuteScalar();

    public void Dispose()
    {
        _registers?.Dispose();
        foreach (var command in _commands.Values)
            command.Dispose();
        _connection.Dispose();
    }

    private SqliteCommand Bound(string sql, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = _connection.CreateCommand();
            command.CommandText = sql;
            _commands.Add(sql, command);
        }

        command.Parameters.Clear();
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }

    private void RollBack()
    {
        try
        {
            Execute("ROLLBACK");
        }
        catch (SqliteException)
        {
            // SQLite has rolled back by itself (disk full, I/O error): what it said then is on its way to the caller.
        }
    }
}
