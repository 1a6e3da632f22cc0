using System.Text.Json;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Registry;

namespace WatchPhoto.Indexer.Sqlite;

internal sealed class SqliteWatcherReports(SqliteDatabase database) : IWatcherReports
{
    public Task SaveAsync(WatcherReport report, CancellationToken cancellationToken) =>
        database.WriteAsync(writer => writer.Execute("""
            INSERT INTO watcher VALUES ($host, $state, $sent, $report)
            ON CONFLICT DO UPDATE SET state_id = $state, sent_at = $sent, report = $report
            WHERE $state <> state_id OR $sent >= sent_at
            """,
            ("$host", report.Host), ("$state", report.StateId.ToString()), ("$sent", report.SentAt.UtcTicks),
            ("$report", JsonSerializer.Serialize(report, CatalogJson.Default.WatcherReport))), cancellationToken);

    public Task<IReadOnlyList<WatcherReport>> ReadAsync(CancellationToken cancellationToken)
    {
        using var connection = database.OpenReader();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT report FROM watcher ORDER BY host";
        using var row = command.ExecuteReader();
        List<WatcherReport> reports = [];
        while (row.Read())
            reports.Add(JsonSerializer.Deserialize(row.GetString(0), CatalogJson.Default.WatcherReport)!);
        return Task.FromResult<IReadOnlyList<WatcherReport>>(reports);
    }
}
