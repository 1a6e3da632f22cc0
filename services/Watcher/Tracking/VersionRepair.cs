using Microsoft.Extensions.Logging;
using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.State;

namespace WatchPhoto.Watcher.Tracking;

/// <summary>
/// Libraries whose versions a wrong clock has put far ahead, or behind, of the time. When the indexers have told the time and
/// their catalog is not ahead of it, the library's version is lowered and all of it is told again. Until they have, nothing is
/// sent that may have such versions. Owned by the tracker's thread.
/// </summary>
internal sealed partial class VersionRepair(StateDatabase state, IndexersClock clock, Resyncs resyncs, ILogger log)
{
    // An announcement may be an old one that has waited: what it says must be said again.
    private static readonly TimeSpan Doubt = TimeSpan.FromSeconds(2);

    private readonly Dictionary<WatchedLibrary, long> _doubted = [];

    /// <summary>
    /// Whether the host's clock is so far from when this watcher last ran that it may be wrong, and no indexer has told the time yet.
    /// </summary>
    public bool AwaitsTime { get; private set; }

    /// <summary>Before anything is recorded: what the libraries know of the last run.</summary>
    public void Start(IReadOnlyCollection<WatchedLibrary> libraries)
    {
        // Newest of each kind: a version alone may be of a wrong clock, and of a quiet library it is old.
        var last = libraries.Select(library => library.DiskComparedAt)
            .Concat(libraries.Where(library => library.Version > 0).Select(library => (DateTimeOffset?)IndexersClock.TimeOf(library.Version)))
            .Max();
        AwaitsTime = last is { } time && clock.IsFarFrom(time);
    }

    /// <summary>The announced libraries; of one whose highest version cannot be of a right clock that is left out.</summary>
    public IReadOnlyList<Library> Checked(IReadOnlyList<Library> announced)
    {
        long highest = clock.HighestVersion;
        return announced.Any(library => library.HighestVersion > highest)
            ? [.. announced.Select(library => library.HighestVersion > highest ? library with { HighestVersion = clock.Version } : library)]
            : announced;
    }

    /// <summary>Looks at the watched libraries, each with its highest version as announced.</summary>
    /// <param name="announced">As it came.</param>
    public void Consider(IReadOnlyList<Library> announced, Func<string, WatchedLibrary?> watched)
    {
        if (clock.IsKnown)
        {
            foreach (var library in announced)
            {
                if (watched(library.Id) is { } own)
                    Consider(own, library.HighestVersion);
            }
        }

        AwaitsTime &= _doubted.Count > 0;
    }

    public void Abandon(WatchedLibrary library) => _doubted.Remove(library);

    private void Consider(WatchedLibrary library, long inCatalog)
    {
        long highest = clock.HighestVersion;
        // Ahead: what the catalog holds is not, so that lower versions are above all of it. If it is, it takes what is above
        // that, and an indexer brings it back. Behind: versions that waited may be too old to create anything.
        bool isAhead = Math.Max(library.Version, library.Definition.HighestVersion) > highest && inCatalog <= highest;
        bool isBehind = AwaitsTime && state.OutboxRowsOf(library) > 0 && clock.IsFarBehind(library.Version);
        if (!isAhead && !isBehind)
        {
            _doubted.Remove(library);
        }
        else if (!_doubted.TryGetValue(library, out long since))
        {
            _doubted.Add(library, clock.GetTimestamp());
        }
        else if (clock.GetElapsedTime(since) >= Doubt)
        {
            _doubted.Remove(library);
            Repair(library, inCatalog);
        }
    }

    private void Repair(WatchedLibrary library, long inCatalog)
    {
        LogRepaired(library.Id, IndexersClock.TimeOf(library.Version), clock.GetUtcNow());
        library.Restart(Math.Max(inCatalog, clock.Version), inCatalog);
        if (library.IsRecovering)
            state.Transact(() => state.SaveLibrary(library));
        else
            resyncs.Begin(library);
    }

    [LoggerMessage(LogLevel.Warning, "{Library}: its versions are of {Version:u}, told by a wrong clock; now it is {Now:u}, and all of it is told again")]
    private partial void LogRepaired(string library, DateTimeOffset version, DateTimeOffset now);
}
