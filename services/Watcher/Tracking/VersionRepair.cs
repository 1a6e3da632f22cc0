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

    // Several announcements. Whoever has told the time by then saves telling again what would be recorded before.
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(10);

    public static readonly TimeSpan StartInterval = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<WatchedLibrary, long> _doubted = [];
    private readonly long _started = clock.GetTimestamp();

    /// <summary>
    /// Whether the host's clock is so far from when this watcher last ran that it may be wrong, and no indexer has told the time yet.
    /// </summary>
    public bool AwaitsTime { get; private set; }

    /// <summary>Whether the watcher had better wait a moment, for an indexer to tell the time, before it looks at any disk.</summary>
    public bool HoldsStart => AwaitsTime && clock.GetElapsedTime(_started) < StartPatience;

    /// <summary>Before anything is recorded: what the libraries know of the last run.</summary>
    public void Start(IReadOnlyCollection<WatchedLibrary> libraries)
    {
        // Of a quiet library the version is old.
        var last = libraries.Select(library => library.DiskComparedAt)
            .Concat(libraries.Where(library => library.Version > 0).Select(library => (DateTimeOffset?)IndexersClock.TimeOf(library.Version)))
            .Max();
        if (last is { } time && clock.IsFarFrom(time))
        {
            AwaitsTime = true;
            clock.Assume(time);
        }
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
        if (!AwaitsTime)
            clock.BelieveHost();
    }

    public void Abandon(WatchedLibrary library) => _doubted.Remove(library);

    private void Consider(WatchedLibrary library, long inCatalog)
    {
        long highest = clock.HighestVersion;
        // Ahead: what the catalog holds is not, so that lower versions are above all of it. If it is, it takes what is above
        // that, and an indexer brings it back. Behind: versions that waited may be too old to create anything.
        bool isAhead = Math.Max(library.Version, library.Definition.HighestVersion) > highest && inCatalog <= highest;
        bool isBehind = AwaitsTime && !library.IsRecovering && state.OutboxRowsOf(library) > 0 && clock.IsFarBehind(library.Version);
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
            if (isAhead)
                Lower(library, inCatalog);
            else
                TellAgain(library);
        }
    }

    // What waits goes first: a deletion is never too old.
    private void TellAgain(WatchedLibrary library)
    {
        LogOld(library.Id, IndexersClock.TimeOf(library.Version), clock.GetUtcNow());
        resyncs.Begin(library, dropsWaiting: false);
    }

    private void Lower(WatchedLibrary library, long inCatalog)
    {
        LogLowered(library.Id, IndexersClock.TimeOf(library.Version), clock.GetUtcNow());
        library.Restart(Math.Max(inCatalog, clock.Version), inCatalog);
        if (library.IsRecovering)
            state.Transact(() => state.SaveLibrary(library));
        else
            resyncs.Begin(library);
    }

    [LoggerMessage(LogLevel.Warning, "{Library}: its versions are of {Version:u}, told by a wrong clock; now it is {Now:u}, and all of it is told again")]
    private partial void LogLowered(string library, DateTimeOffset version, DateTimeOffset now);

    [LoggerMessage(LogLevel.Information, "{Library}: what has changed since the start has versions of {Version:u}, for nobody had told the time; now it is {Now:u}, and all of it is told again")]
    private partial void LogOld(string library, DateTimeOffset version, DateTimeOffset now);
}
