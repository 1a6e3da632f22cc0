using System.Text.Json;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Registry;

namespace WatchPhoto.Indexer.Sqlite;

internal sealed class SqliteWatcherReports(SqliteDatabase database, TimeProvider time) : IWatcherReports
{
    private readonly RepeatedReports _repeated = new();

    public async Task<bool> SaveAsync(WatcherReport report, TimeSpan silence, CancellationToken cancellationToken)
    {
        if (_repeated.Take(report))
            return false;
        long contests = _repeated.Contests(report.Host);
        var (isKept, isNew) = await database.WriteAsync(writer => Save(writer, report, silence), cancellationToken);
        if (isKept)
            _repeated.Written(report, contests);
        else
            _repeated.Contested(report.Host);
        return isNew;
    }

    public Task<IReadOnlyList<WatcherReport>> ReadAsync(CancellationToken cancellationToken)
    {
        using var connection = database.OpenReader();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT report FROM watcher ORDER BY host";
        using var row = command.ExecuteReader();
        List<WatcherReport> reports = [];
        while (row.Read())
            reports.Add(_repeated.Latest(JsonSerializer.Deserialize(row.GetString(0), CatalogJson.Default.WatcherReport)!));
        return Task.FromResult<IReadOnlyList<WatcherReport>>(reports);
    }

    public Task<IReadOnlyList<HostLease>> ReadLeasesAsync(CancellationToken cancellationToken)
    {
        using var connection = database.OpenReader();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT host, state_id, rival, report ->> 'rival' FROM watcher ORDER BY host";
        using var row = command.ExecuteReader();
        List<HostLease> leases = [];
        while (row.Read())
        {
            leases.Add(new HostLease(row.GetString(0), Guid.Parse(row.GetString(1)),
                row.IsDBNull(2) ? null : Guid.Parse(row.GetString(2)), row.IsDBNull(3) ? null : Guid.Parse(row.GetString(3))));
        }

        return Task.FromResult<IReadOnlyList<HostLease>>(leases);
    }

    private (bool IsKept, bool IsNew) Save(SqliteWriter writer, WatcherReport report, TimeSpan silence)
    {
        (string, object?)[] values =
        [
            ("$host", report.Host), ("$state", report.StateId.ToString()), ("$run", report.RunId.ToString()),
            ("$sent", report.SentAt.UtcTicks), ("$delayed", (report.SentAt + IWatcherReports.LongestDelay).UtcTicks),
            ("$answered", report.Rival?.ToString()), ("$report", JsonSerializer.Serialize(report, CatalogJson.Default.WatcherReport)),
            ("$now", time.GetUtcNow().UtcTicks), ("$due", (time.GetUtcNow() - silence).UtcTicks),
        ];
        const string Kept = "state_id = $state, sent_at = $sent, report = $report, rival_since = NULL";
        if (writer.Execute(
            "INSERT INTO watcher (host, state_id, sent_at, report) VALUES ($host, $state, $sent, $report) ON CONFLICT DO NOTHING", values) > 0)
            return (true, true);
        // Sent much later than this one: its clock was set back since.
        if (writer.Execute($"""
            UPDATE watcher SET {Kept}, rival = nullif(rival, $answered)
            WHERE host = $host AND state_id = $state AND ($sent >= sent_at OR $delayed < sent_at)
            """, values) > 0)
            return (true, false);
        writer.Execute("""
            UPDATE watcher SET rival = $run, rival_since = ifnull(rival_since, $now) WHERE host = $host AND state_id <> $state
            """, values);
        bool isTaken = writer.Execute(
            $"UPDATE watcher SET {Kept}, rival = NULL WHERE host = $host AND state_id <> $state AND rival_since <= $due", values) > 0;
        return (isTaken, isTaken);
    }
}
