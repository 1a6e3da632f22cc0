using System.Diagnostics;
using Microsoft.Data.Sqlite;
using WatchPhoto.Bench.Measuring;

namespace WatchPhoto.Bench.Scenarios;

/// <summary>WatchPhoto in one process, as a person starts it, and its catalog seen from outside.</summary>
internal sealed class StandaloneRun : IAsyncDisposable
{
    private readonly string _catalog;
    private SqliteConnection? _reader;

    public StandaloneRun(Workshop workshop, string directory, string data)
    {
        _catalog = Path.Combine(data, "catalog.db");
        Process = Command.Start(workshop.Service("Standalone", directory, "--data", data, "--port", "0"));
    }

    public Command Process { get; }

    /// <summary>Waits until the catalog holds the directory.</summary>
    /// <returns>When that was.</returns>
    public long Complete() => Process.Expect("files in the catalog").At;

    /// <summary>Waits until the catalog says so: a query that counts what is there already.</summary>
    /// <param name="sentinel">The same of a single row, which costs nothing to ask; looked at first.</param>
    /// <returns>When the query began that saw it: it sees the catalog as it was then.</returns>
    public long WaitUntil(string sentinel, string query, long count)
    {
        while (Number(sentinel) == 0)
        {
            Process.MustRun();
            Thread.Sleep(2);
        }

        while (true)
        {
            Process.MustRun();
            long asked = Stopwatch.GetTimestamp();
            if (Number(query) == count)
                return asked;
            Thread.Sleep(10);
        }
    }

    public long Number(string query)
    {
        if (_reader is null)
        {
            _reader = new SqliteConnection($"Data Source={_catalog};Mode=ReadOnly;Pooling=False");
            _reader.Open();
        }

        using var command = _reader.CreateCommand();
        command.CommandText = query;
        return (long)command.ExecuteScalar()!;
    }

    public async ValueTask DisposeAsync()
    {
        _reader?.Dispose();
        await Process.EndAsync();
        Process.Dispose();
    }
}
