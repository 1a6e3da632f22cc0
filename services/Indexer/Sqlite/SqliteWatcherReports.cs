using System.Text.Json;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Registry;

namespace WatchPhoto.Indexer.Sqlite;

internal sealed class SqliteWatcherReports(SqliteDatabase database, TimeProvider time) : IWatcherReports
{
    // Of a row of the table watcher.
    private const string HasNoLibrary = "host NOT IN (SELECT host FROM library WHERE removed_at IS NULL)";

    private readonly RepeatedReports _repeated = new();

    public async Task<bool> SaveAsync(WatcherReport report, TimeSpan silence, CancellationToken cancellationToken)
    {
        report = Bounded(report);
        if (_repeated.Take(report, time.GetUtcNow()))
            return false;
        long contests = _repeated.Contests(report.Host);
        var saved = await database.WriteAsync(writer => Save(writer, report, silence), cancellationToken);
        if (saved is Saved.Kept or Saved.New)
            _repeated.Written(report, contests, time.GetUtcNow());
        else if (saved is Saved.Contested)
            _repeated.Contested(report.Host);
        return saved is Saved.New;
    }

    public Task<IReadOnlyList<WatcherReport>> ReadAsync(CancellationToken cancellationToken) => Task.FromResult(database.Read<IReadOnlyList<WatcherReport>>(connection =>
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT report FROM watcher ORDER BY host";
        using var row = command.ExecuteReader();
        List<WatcherReport> reports = [];
        while (row.Read())
            reports.Add(_repeated.Latest(JsonSerializer.Deserialize(row.GetString(0), CatalogJson.Default.WatcherReport)!));
        return reports;
    }));

    public Task<IReadOnlyList<HostLease>> ReadLeasesAsync(CancellationToken cancellationToken) => Task.FromResult(database.Read<IReadOnlyList<HostLease>>(connection =>
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT host, state_id, rival, report ->> 'rival' FROM watcher ORDER BY host";
        using var row = command.ExecuteReader();
        List<HostLease> leases = [];
        while (row.Read())
        {
            leases.Add(new HostLease(row.GetString(0), Guid.Parse(row.GetString(1)),
                row.IsDBNull(2) ? null : Guid.Parse(row.GetString(2)), row.IsDBNull(3) ? null : Guid.Parse(row.GetString(3))));
        }

        return leases;
    }));

    public async Task<long> ForgetSilentAsync(TimeSpan silence, CancellationToken cancellationToken)
    {
        var due = time.GetUtcNow() - silence;
        // The file is not written for whoever only repeats themselves.
        var silent = Silent(due.UtcTicks).Where(host => !_repeated.IsHeardSince(host, due)).ToList();
        if (silent.Count == 0)
            return 0;
        int forgotten = await database.WriteAsync(writer => writer.Execute(
            $"DELETE FROM watcher WHERE host IN (SELECT value FROM json_each($hosts)) AND heard_at <= $due AND {HasNoLibrary}",
            ("$hosts", JsonSerializer.Serialize(silent, CatalogJson.Default.IReadOnlyListString)), ("$due", due.UtcTicks)), cancellationToken);
        silent.ForEach(_repeated.Forget);
        return forgotten;
    }

    public async Task<bool> ForgetAsync(string host, CancellationToken cancellationToken)
    {
        int forgotten = await database.WriteAsync(
            writer => writer.Execute($"DELETE FROM watcher WHERE host = $host AND {HasNoLibrary}", ("$host", host)), cancellationToken);
        if (forgotten > 0)
            _repeated.Forget(host);
        return forgotten > 0;
    }

    private List<string> Silent(long due) => database.Read(connection =>
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT host FROM watcher WHERE heard_at <= $due AND {HasNoLibrary}";
        command.Parameters.AddWithValue("$due", due);
        using var row = command.ExecuteReader();
        List<string> hosts = [];
        while (row.Read())
            hosts.Add(row.GetString(0));
        return hosts;
    });

    private WatcherReport Bounded(WatcherReport report)
    {
        if (JsonSerializer.Serialize(report, CatalogJson.Default.WatcherReport).Length <= IWatcherReports.LongestWithoutLibraries)
            return report;
        return database.Read(connection =>
        {
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT 1 FROM library WHERE host = $host AND removed_at IS NULL LIMIT 1";
            command.Parameters.AddWithValue("$host", report.Host);
            return command.ExecuteScalar() is not null;
        }) ? report : report with { Libraries = [], Refused = [] };
    }

    private Saved Save(SqliteWriter writer, WatcherReport report, TimeSpan silence)
    {
        (string, object?)[] values =
        [
            ("$host", report.Host), ("$state", report.StateId.ToString()), ("$run", report.RunId.ToString()),
            ("$sent", report.SentAt.UtcTicks), ("$delayed", (report.SentAt + IWatcherReports.LongestDelay).UtcTicks),
            ("$answered", report.Rival?.ToString()), ("$report", JsonSerializer.Serialize(report, CatalogJson.Default.WatcherReport)), ("$most", IWatcherReports.MostHostsWithoutLibraries),
            ("$now", time.GetUtcNow().UtcTicks), ("$due", (time.GetUtcNow() - silence).UtcTicks),
        ];
        const string Kept = "state_id = $state, sent_at = $sent, heard_at = $now, report = $report, rival_since = NULL";
        // Sent much later than this one: its clock was set back since.
        if (writer.Execute($"""
            UPDATE watcher SET {Kept}, rival = nullif(rival, $answered)
            WHERE host = $host AND state_id = $state AND ($sent >= sent_at OR $delayed < sent_at)
            """, values) > 0)
            return Saved.Kept;
        if (writer.Execute($"""
            INSERT INTO watcher (host, state_id, sent_at, heard_at, report) SELECT $host, $state, $sent, $now, $report
            WHERE EXISTS (SELECT 1 FROM library WHERE host = $host AND removed_at IS NULL)
                OR (SELECT count(*) FROM watcher WHERE {HasNoLibrary}) < $most
            ON CONFLICT DO NOTHING
            """, values) > 0)
            return Saved.New;
        if (writer.Scalar("SELECT 1 FROM watcher WHERE host = $host", ("$host", report.Host)) is null)
            return Saved.OneTooMany;
        writer.Execute("""
            UPDATE watcher SET rival = $run, rival_since = min(ifnull(rival_since, $now), $now) WHERE host = $host AND state_id <> $state
            """, values);
        return writer.Execute(
            $"UPDATE watcher SET {Kept}, rival = NULL WHERE host = $host AND state_id <> $state AND rival_since <= $due", values) > 0
            ? Saved.New : Saved.Contested;
    }

    private enum Saved
    {
        Kept,

        /// <summary>And the host's name has come to the report's state.</summary>
        New,

        /// <summary>Not kept: the name is another state's, or a later report is there.</summary>
        Contested,

        /// <summary>Not kept: too many hosts that no library names are.</summary>
        OneTooMany,
    }
}
