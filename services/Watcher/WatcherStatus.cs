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
        Volatile.Write(ref _current, _current with
        {
            SentAt = _time.GetUtcNow(),
            WatchesUsed = tracker.Watches,
            PendingOutbox = _state.OutboxRows,
            Libraries = [.. tracker.Libraries.Select(library => Report(
                tracker, library, quiet: idle && !tracker.AwaitsTime && _state.OutboxRowsOf(library) == 0 && library is { Resync: null, IsPaused: false }))],
            Refused = [.. tracker.Refused.Select(refused => new RefusedLibrary(refused.Key, refused.Value))],
        });
    }

    private LibraryReport Report(Tracker tracker, WatchedLibrary library, bool quiet)
    {
        var scan = tracker.ScanOf(library);
        var trouble = tracker.Troubled(library).FirstOrDefault();
        var state = library.IsRecovering ? LibraryState.Recovering
            : library.Offline is not null ? LibraryState.Offline
            : library.Held is not null ? LibraryState.Held
            : scan is not null || library.DiskComparedAt is null ? LibraryState.Scanning
            : trouble is not null || tracker.ClockProblem is not null ? LibraryState.Degraded
            : library.Root is { IsPolled: true } ? LibraryState.Polling
            : LibraryState.Watching;
        return new LibraryReport
        {
            LibraryId = library.Id,
            Epoch = library.Definition.Epoch,
            State = state,
            Reason = library.Offline
                ?? (library.Held is { } held ? $"{held} entries are not on the disk: accept their deletion, refuse it, or bring the files back." : null)
                ?? (trouble is null ? tracker.ClockProblem : $"{Disk.NameComparer.Display(trouble.Path())}: {trouble.Trouble}."),
            Entries = library.Entries,
            Directories = library.Directories,
            Progress = (scan ?? tracker.AuditOf(library)) is not { } comparison ? null : new ScanProgress(
                comparison.Files, Math.Max(library.DiskComparedAt is null ? comparison.FilesExpected : library.Entries, comparison.Files),
                comparison.Files / Math.Max(0.001, _time.GetElapsedTime(comparison.Started).TotalSeconds), comparison.Worked.TotalSeconds),
            DiskComparedAt = library.DiskComparedAt,
            Proof = quiet && state is LibraryState.Watching or LibraryState.Polling
                ? new Proof(library.Version, library.Entries, library.Digest, library.Floor, library.DiskComparedAt) : null,
        };
    }
}
