using Microsoft.Data.Sqlite;

namespace WatchPhoto.Indexer.Sqlite;

/// <summary>The one connection that writes, with its statements prepared once. Not for two callers at a time.</summary>
internal sealed class SqliteWriter : IDisposable
{
    // Each waits for those behind it.
    private const int MostWorks = 16;

    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _commands = [];
    private SqliteRegisterSteps? _registers;

    // Whether the transaction that is open, or the next one, counts; and how many works are in it.
    private TaskCompletionSource<bool> _transaction = NewTransaction();
    private int _works;

    public SqliteWriter(SqliteConnection connection) => _connection = connection;

    public SqliteRegisterSteps Registers => _registers ??= new SqliteRegisterSteps(_connection);

    /// <summary>Does the work in the transaction that is open, or in a new one.</summary>
    /// <param name="othersFollow">Whether somebody waits for the writer, so that the transaction may stay open.</param>
    /// <returns>What the work returned, and whether the transaction it is in counts in the end.</returns>
    public async Task<(T Result, Task<bool> Transaction)> JoinAsync<T>(Func<SqliteWriter, Task<T>> work, Func<bool> othersFollow)
    {
        // Immediate: who reads first and then wants to write may find that another process has written meanwhile.
        if (_works == 0)
            Execute("BEGIN IMMEDIATE");
        var transaction = _transaction.Task;
        _works++;
        try
        {
            var result = await work(this);
            if (_works == MostWorks || !othersFollow())
                End();
            return (result, transaction);
        }
        catch
        {
            GiveUp();
            throw;
        }
    }

    /// <summary>Ends the transaction that is open, if one is.</summary>
    public void End()
    {
        if (_works == 0)
            return;
        try
        {
            Execute("COMMIT");
        }
        catch
        {
            GiveUp();
            throw;
        }

        Ended(counts: true);
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

    private static TaskCompletionSource<bool> NewTransaction() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Ended(bool counts)
    {
        _works = 0;
        _transaction.SetResult(counts);
        _transaction = NewTransaction();
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

    private void GiveUp()
    {
        if (_works == 0)
            return;
        try
        {
            Execute("ROLLBACK");
        }
        catch (SqliteException)
        {
            // SQLite has rolled back by itself (disk full, I/O error): what it said then is on its way to the caller.
        }
        finally
        {
            Ended(counts: false);
        }
    }
}
