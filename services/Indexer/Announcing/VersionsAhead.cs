using Microsoft.Extensions.Options;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Registry;

namespace WatchPhoto.Indexer.Announcing;

/// <summary>
/// Brings back the versions of libraries that a wrong clock has put more than a day ahead. They do no harm at once, as watchers
/// go on above them; but what is deleted would be kept in mind until the time comes to them. It may be this clock that is
/// wrong, and behind: so the library's watcher must say the same time in its reports, and both for a while.
/// </summary>
internal sealed partial class VersionsAhead(
    IPhotoCatalog catalog, IWatcherReports reports, IOptions<IndexerOptions> options, TimeProvider time, ILogger<VersionsAhead> logger)
{
    // Reports come every few seconds: the age of the last one is of no matter.
    private static readonly TimeSpan Tolerance = TimeSpan.FromHours(12);

    // Touched by one announcement at a time.
    private readonly Dictionary<string, long> _since = [];

    /// <returns>Whether any were: what was announced of them is no longer so.</returns>
    public async Task<bool> BringBackAsync(LibrariesAnnounced announced, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var ahead = await FindAsync(announced.Libraries, now, cancellationToken);
        foreach (string settled in _since.Keys.Except(ahead.Select(library => library.Id)).ToList())
            _since.Remove(settled);

        bool any = false;
        foreach (var library in ahead)
        {
            if (!_since.TryGetValue(library.Id, out long since))
            {
                _since.Add(library.Id, time.GetTimestamp());
                LogAhead(library.Id, CatalogClock.TimeOf(library.HighestVersion), now, options.Value.ClockPatience);
            }
            else if (time.GetElapsedTime(since) >= options.Value.ClockPatience)
            {
                _since.Remove(library.Id);
                long count = await catalog.LowerAsync(library.Id, CatalogClock.VersionAt(now), cancellationToken);
                LogLowered(library.Id, count, now);
                any = true;
            }
        }

        return any;
    }

    private async Task<List<Library>> FindAsync(IReadOnlyList<Library> libraries, DateTimeOffset now, CancellationToken cancellationToken)
    {
        long highest = CatalogClock.VersionAt(now + CatalogClock.MostAhead);
        var ahead = libraries.Where(library => library.RemovedAt is null && library.HighestVersion > highest).ToList();
        if (ahead.Count == 0 || now < CatalogClock.Earliest)
            return [];
        var agreeing = (await reports.ReadAsync(cancellationToken))
            .Where(report => (now - report.SentAt).Duration() < Tolerance).Select(report => report.Host).ToHashSet();
        return ahead.FindAll(library => agreeing.Contains(library.Host));
    }

    [LoggerMessage(LogLevel.Warning, "{Library}: its versions are ahead, of {Version:u}, but it is {Now:u}: told by a wrong clock; they are brought back in {Patience} if this clock and its watcher's still say so")]
    private partial void LogAhead(string library, DateTime version, DateTimeOffset now, TimeSpan patience);

    [LoggerMessage(LogLevel.Warning, "{Library}: {Count} versions that were ahead are brought back to {Now:u}; its watcher tells all of it again")]
    private partial void LogLowered(string library, long count, DateTimeOffset now);
}
