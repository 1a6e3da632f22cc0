using Microsoft.Extensions.Options;
using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Kernel;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.State;
using WatchPhoto.Watcher.Tracking;

namespace WatchPhoto.Watcher;

/// <summary>How the watcher and its libraries are, as of a moment ago.</summary>
public sealed class WatcherStatus
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly StateDatabase _state;
    private readonly WatcherOptions _options;
    private readonly TimeProvider _time;
    private WatcherReport _current;
    private object? _rival;
    private long _updated;

    internal WatcherStatus(StateDatabase state, IOptions<WatcherOptions> options, TimeProvider time)
    {
        (_state, _options, _time) = (state, options.Value, time);
        _current = new WatcherReport
        {
            Host = _options.Host,
            StateId = state.Id,
            RunId = Guid.NewGuid(),
            SentAt = time.GetUtcNow(),
            WatchesUsed = 0,
            WatchesLimit = KernelLimits.MaxUserWatches,
            PendingOutbox = state.OutboxRows,
            Libraries = [],
        };
    }

    // The publisher empties the outbox while the tracker rests; a rival is answered whatever the tracker does.
    public WatcherReport Current() => Volatile.Read(ref _current) with { PendingOutbox = _state.OutboxRows, Rival = Rival };

    internal Guid RunId => Volatile.Read(ref _current).RunId;

    /// <summary>The run of another watcher under this host's name, which the next report answers to.</summary>
    internal Guid? Rival
    {
        get => Volatile.Read(ref _rival) is Guid rival ? rival : null;
        set => Volatile.Write(ref _rival, value);
    }

    // On the tracker's thread, after each piece of work.
    internal void Update(Tracker tracker)
    {
        bool idle = tracker.IsIdle;
        if (_updated != 0 && !idle && _time.GetElapsedTime(_updated) < Interval)
            return;
        _updated = _time.GetTimestamp();
        var unseen = tracker.Unseen();
        Volatile.Write(ref _current, _current with
        {
            SentAt = _time.GetUtcNow(),
            WatchesUsed = tracker.Watches,
            PendingOutbox = _state.OutboxRows,
            Libraries = [.. tracker.Libraries.Select(library => Report(
                tracker, library, unseen.GetValueOrDefault(library),
                quiet: idle && !tracker.AwaitsTime && _state.OutboxRowsOf(library) == 0 && library is { Resync: null, IsPaused: false }))],
            Refused = [.. tracker.Refused.Select(refused => new RefusedLibrary(refused.Key, refused.Value))],
        });
    }

    private LibraryReport Report(Tracker tracker, WatchedLibrary library, Unseen? unseen, bool quiet)
    {
        var scan = tracker.ScanOf(library);
        bool isFirst = library.DiskComparedAt is null;
        var (state, reason) = library switch
        {
            { IsRecovering: true } => (LibraryState.Recovering, Sentence(unseen)),
            { Offline: { } offline } => (LibraryState.Offline, offline.Reason),
            { Held: { } held } => (LibraryState.Held, Sentence(library, held)),
            _ when unseen is not null && !(isFirst && scan is not null) => (LibraryState.Degraded, Sentence(unseen)),
            _ when scan is not null || isFirst => (LibraryState.Scanning, Sentence(unseen)),
            { Root.IsPolled: true } => (LibraryState.Polling, null),
            _ => (LibraryState.Watching, null),
        };
        return new LibraryReport
        {
            LibraryId = library.Id,
            Epoch = library.Definition.Epoch,
            State = state,
            Reason = reason,
            Entries = library.Entries,
            Directories = library.Directories,
            Progress = (scan ?? tracker.AuditOf(library)) is not { } comparison ? null : new ScanProgress(
                comparison.Files, Math.Max(isFirst ? comparison.FilesExpected : library.Entries, comparison.Files),
                comparison.Files / Math.Max(0.001, _time.GetElapsedTime(comparison.Started).TotalSeconds), comparison.Worked.TotalSeconds),
            DiskComparedAt = library.DiskComparedAt,
            Proof = quiet && state is LibraryState.Watching or LibraryState.Polling
                ? new Proof(library.Version, library.Entries, library.Digest, library.Floor, library.DiskComparedAt) : null,
            Unseen = unseen,
        };
    }

    private static string Sentence(WatchedLibrary library, long held)
    {
        string where = library.Holds.Keys.FirstOrDefault() is { Length: > 0 } mount && library.Holds.Count == 1
            ? $" below {Disk.NameComparer.Display(mount)}" : "";
        return $"{held} entries{where} are not on the disk: accept their deletion, refuse it, or bring the files back.";
    }

    private static string? Sentence(Unseen? unseen)
    {
        if (unseen is not { Places: [var first, ..] })
            return null;
        var where = first.Directory is null ? "" : first.Name is { } name ? $"{PathOf(first.Directory, name)}: "
            : first.Directory.Length == 0 ? "The root: " : $"{first.Directory}: ";
        var others = first.Names > 1 ? $" The same of {first.Names - 1} names more there." : "";
        return $"{where}{first.Reason}: {first.Remedy}.{others}"
            + (unseen.Count > 1 ? $" Another {unseen.Count - 1} places are not seen either: the report's unseen lists them." : "");
    }

    private static string PathOf(string directory, string name) => directory.Length == 0 ? name : $"{directory}/{name}";
}
