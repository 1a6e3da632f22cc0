using System.Text.Json;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Registry;

namespace WatchPhoto.Indexer.Sqlite;

/// <summary>
/// The last report of each host's owner, and whether the file says the same: watchers repeat themselves every few seconds, and
/// the disk of the catalog may sleep meanwhile. A file has one indexer, so nobody else asks it. What a restart forgets is when
/// a watcher was last heard, which it tells again.
/// </summary>
internal sealed class RepeatedReports
{
    private readonly Dictionary<string, Known> _byHost = [];
    private readonly Lock _gate = new();

    /// <summary>How often others have asked for a host's name: what was written before one of them has to be written again.</summary>
    public long Contests(string host)
    {
        lock (_gate)
            return _byHost.GetValueOrDefault(host)?.Contests ?? 0;
    }

    /// <returns>True: the report says what the file says, or comes too late, and need not be written.</returns>
    public bool Take(WatcherReport report, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (_byHost.GetValueOrDefault(report.Host) is not { Latest: { } latest } known || latest.StateId != report.StateId)
                return false;
            // Sent much later than this one: its clock was set back since.
            if (report.SentAt < latest.SentAt && report.SentAt + IWatcherReports.LongestDelay >= latest.SentAt)
                return true;
            if (known.Written != Substance(report))
                return false;
            _byHost[report.Host] = known with { Latest = report, HeardAt = now };
            return true;
        }
    }

    /// <summary>The file has the report now.</summary>
    /// <param name="contests">As before it was written.</param>
    public void Written(WatcherReport report, long contests, DateTimeOffset now)
    {
        lock (_gate)
        {
            long since = _byHost.GetValueOrDefault(report.Host)?.Contests ?? 0;
            _byHost[report.Host] = new Known(report, contests == since ? Substance(report) : null, since, now);
        }
    }

    /// <summary>The file has been told of another watcher: the owner's next word has to be written, for it ends that.</summary>
    public void Contested(string host)
    {
        lock (_gate)
        {
            var known = _byHost.GetValueOrDefault(host);
            _byHost[host] = new Known(known?.Latest, Written: null, (known?.Contests ?? 0) + 1, known?.HeardAt ?? default);
        }
    }

    /// <summary>The report as it was last heard.</summary>
    public WatcherReport Latest(WatcherReport written)
    {
        lock (_gate)
            return _byHost.GetValueOrDefault(written.Host)?.Latest is { } latest && latest.StateId == written.StateId ? latest : written;
    }

    /// <summary>Whether the owner of the host's name was heard after a time, since this process started.</summary>
    public bool IsHeardSince(string host, DateTimeOffset since)
    {
        lock (_gate)
            return _byHost.GetValueOrDefault(host) is { } known && known.HeardAt > since;
    }

    public void Forget(string host)
    {
        lock (_gate)
            _byHost.Remove(host);
    }

    // All but the time, and what comes and goes with it while nothing happens: a library that is polled has no proof while it is
    // compared.
    private static string Substance(WatcherReport report) => JsonSerializer.Serialize(
        report with
        {
            SentAt = default,
            Libraries = [.. report.Libraries.Select(library => library with
            {
                Progress = null, DiskComparedAt = null, Proof = null,
            })],
        },
        CatalogJson.Default.WatcherReport);

    /// <param name="Written">What the file says, by its substance; null: something else.</param>
    private sealed record Known(WatcherReport? Latest, string? Written, long Contests, DateTimeOffset HeardAt);
}
