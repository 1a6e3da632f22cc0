using Microsoft.Extensions.Logging;
using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.State;

namespace WatchPhoto.Watcher.Tracking;

/// <summary>
/// Which libraries there are: as they were in the state, and as they are announced since. Only what is announced changes
/// anything; a library that is not announced is watched on. Each that is here is in the state, and no path of one overlaps that of
/// another. Owned by the tracker's thread.
/// </summary>
/// <param name="recorded">Called when messages are in the outbox.</param>
internal sealed partial class Roster(
    StateDatabase state, WatcherOptions options, IndexersClock time, Agenda agenda, RootGuard guard, Recoveries recoveries,
    VersionRepair versions, Action recorded, ILogger log)
{
    private readonly Dictionary<string, WatchedLibrary> _libraries = [];
    private readonly Dictionary<long, WatchedLibrary> _byRow = [];
    // Announced, and not taken as it was: why.
    private readonly Dictionary<string, string> _refused = [];

    public IReadOnlyCollection<WatchedLibrary> Libraries => _libraries.Values;

    /// <summary>Libraries of this host that are not watched, by id, and why.</summary>
    public IReadOnlyDictionary<string, string> Refused => _refused.Concat(_libraries.Values
        .Where(library => library.Offline is { IsRefused: true } && !_refused.ContainsKey(library.Id))
        .Select(library => KeyValuePair.Create(library.Id, library.Offline!.Reason))).ToDictionary();

    public WatchedLibrary? ById(string id) => _libraries.GetValueOrDefault(id);

    public WatchedLibrary? ByRow(long row) => _byRow.GetValueOrDefault(row);

    /// <summary>Takes the libraries that the state knows, whose lock the caller holds.</summary>
    public void Load()
    {
        foreach (var library in state.Libraries())
            Take(library);
    }

    /// <summary>Takes the announced libraries that this watcher owns. What is not announced stays as it is.</summary>
    public void Announced(IReadOnlyList<Library> libraries)
    {
        Pause(libraries.Select(library => library.Id).ToHashSet());
        foreach (var announced in libraries.Where(IsOwn))
        {
            var known = ById(announced.Id);
            if (announced.RemovedAt is not null || announced.Kind != Library.StoreKind || announced.Backend != Library.LocalBackend)
            {
                _refused.Remove(announced.Id);
                if (known is not null)
                    LetGo(known);
            }
            else if (Problem(announced) is { } problem)
            {
                if ((_refused.GetValueOrDefault(announced.Id) ?? known?.Offline?.Reason) != problem)
                    LogRefused(announced.Id, problem);
                _refused[announced.Id] = problem;
            }
            else
            {
                _refused.Remove(announced.Id);
                if (known is null)
                    Add(announced);
                else
                    Change(known, announced);
            }
        }

        // Moved to another host, or given to another watcher: that one takes care of it now.
        foreach (var elsewhere in libraries.Where(library => !IsOwn(library)))
        {
            _refused.Remove(elsewhere.Id);
            if (ById(elsewhere.Id) is { } known)
                LetGo(known);
        }
    }

    // One that nobody owns any more (the registry is an old one again) stays with who has it; nobody begins with it.
    private bool IsOwn(Library library) =>
        library.Host == options.Host && (library.Owner is { } owner ? owner == state.Id : _libraries.ContainsKey(library.Id));

    // A registry emptied or restored from a backup: nobody would take what these libraries have to tell.
    private void Pause(HashSet<string> announced)
    {
        foreach (var library in _libraries.Values.Where(library => library.IsPaused == announced.Contains(library.Id)).ToList())
        {
            library.IsPaused = !library.IsPaused;
            state.Transact(() => state.SaveLibrary(library));
            if (library.IsPaused)
                LogPaused(library.Id);
            else
                recorded();
        }
    }

    private void Add(Library definition)
    {
        WatchedLibrary library = null!;
        state.Transact(() => library = state.AddLibrary(definition));
        Take(library);
        LogWatching(definition.Id, definition.Path);
        if (definition.HighestVersion > 0)
        {
            LogRecovering(definition.Id);
            recoveries.Begin(library);
        }
        else
        {
            guard.Open(library);
        }
    }

    private void Take(WatchedLibrary library)
    {
        _libraries.Add(library.Id, library);
        _byRow.Add(library.Row, library);
    }

    private void Change(WatchedLibrary library, Library definition)
    {
        var before = library.Definition;
        if (Same(before with { HighestVersion = definition.HighestVersion, Owner = definition.Owner }, definition))
        {
            // Also with the old version: only a higher one is of use.
            library.SeeHighestVersion(definition.HighestVersion);
            return;
        }

        // Restored after a removal: the catalog has forgotten, or will not hear, what was told before.
        if (before.Epoch != definition.Epoch)
        {
            LetGo(library);
            Add(definition);
            return;
        }

        bool moved = before.Path != definition.Path;
        library.Redefine(definition);
        state.Transact(() => state.SaveLibrary(library));
        if (moved || before.Watch != definition.Watch || library.Root is null)
        {
            guard.Close(library);
            guard.Open(library);
        }
        else
        {
            agenda.Compare(library);
        }
    }

    private static bool Same(Library left, Library right) =>
        left with { Include = null, Exclude = null } == right with { Include = null, Exclude = null }
        && Same(left.Include, right.Include) && Same(left.Exclude, right.Exclude);

    private static bool Same(IReadOnlyList<string>? left, IReadOnlyList<string>? right) =>
        left is null || right is null ? left == right : left.SequenceEqual(right);

    private void LetGo(WatchedLibrary library)
    {
        guard.Forget(library);
        recoveries.Abandon(library);
        versions.Abandon(library);
        state.Transact(() => state.RemoveLibrary(library, time.GetUtcNow()));
        _libraries.Remove(library.Id);
        _byRow.Remove(library.Row);
        LogLetGo(library.Id);
    }

    private string? Problem(Library library)
    {
        if (library.Problem() is { } problem)
            return problem;
        if (GlobRules.Problem(library) is { } glob)
            return glob;
        var other = _libraries.Values.FirstOrDefault(other => other.Id != library.Id && other.Definition.Overlaps(library));
        return other is null
            ? null
            : $"The path {library.Path} overlaps {other.Definition.Path} of the library {other.Id}: give each file to one library.";
    }

    [LoggerMessage(LogLevel.Information, "{Library}: watching {Path}")]
    private partial void LogWatching(string library, string path);

    [LoggerMessage(LogLevel.Warning, "{Library}: not watched. {Reason}")]
    private partial void LogRefused(string library, string reason);

    [LoggerMessage(LogLevel.Information, "{Library}: not this watcher's any more; let go")]
    private partial void LogLetGo(string library);

    [LoggerMessage(LogLevel.Warning,
        "{Library}: not announced any more, nor removed; it is watched on, and what it has to tell waits until it is registered again")]
    private partial void LogPaused(string library);

    [LoggerMessage(LogLevel.Warning,
        "{Library}: this watcher's state does not know what the catalog holds of it; asking for that before anything is compared")]
    private partial void LogRecovering(string library);
}
