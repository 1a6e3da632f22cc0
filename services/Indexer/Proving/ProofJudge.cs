using Microsoft.Extensions.Options;
using WatchPhoto.Bus;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Database;
using WatchPhoto.Indexer.Registry;

namespace WatchPhoto.Indexer.Proving;

/// <summary>
/// Compares what a watcher says of its entries with what the catalog holds. A proof comes behind the events it is about, but
/// other indexers may still be applying some of them: what differs is looked at again after a while, and only if the watcher
/// still says the same it is a drift, for which one resync is requested.
/// </summary>
internal sealed partial class ProofJudge(
    IPhotoCatalog catalog, IVerifications verifications, IWatcherReports reports, DatabaseConnection database, IConfirmedPublisher publisher,
    IOptions<IndexerOptions> options, TimeProvider time, ILogger<ProofJudge> logger) : BackgroundService
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);
    // As many as a watcher deletes without a person's word, of what it misses.
    private const long MostBuried = 1000;

    // By library: a later proof takes the place of one that waits to be looked at again.
    private readonly Dictionary<string, (FileEvents Message, long Since)> _doubtful = [];
    private readonly Lock _gate = new();

    /// <summary>Judges the proof of a message whose events, and those before, are applied.</summary>
    public async Task JudgeAsync(FileEvents message, CancellationToken cancellationToken)
    {
        bool verified = await TryRecordVerifiedAsync(message.LibraryId, message.Proof!, isConfirmed: false, cancellationToken) is { IsVerified: true };
        lock (_gate)
        {
            if (verified)
                _doubtful.Remove(message.LibraryId);
            else if (!_doubtful.TryGetValue(message.LibraryId, out var before) || before.Message.Proof != message.Proof)
                _doubtful[message.LibraryId] = (message, time.GetTimestamp());
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var patience = options.Value.ProofPatience;
        using var timer = new PeriodicTimer(patience / 4, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var message in TakeRipe(patience))
            {
                try
                {
                    if (await database.AskAsync(token => JudgeAgainAsync(message, token), stoppingToken) is { } resync)
                        await publisher.PublishAsync(resync, stoppingToken);
                }
                catch (Exception exception) when (DatabaseConnection.IsAway(exception) || BusConnection.IsAway(exception))
                {
                    // The watcher proves itself again.
                }
            }
        }
    }

    private List<FileEvents> TakeRipe(TimeSpan patience)
    {
        lock (_gate)
        {
            var ripe = _doubtful.Values.Where(doubt => time.GetElapsedTime(doubt.Since) >= patience).Select(doubt => doubt.Message).ToList();
            foreach (var message in ripe)
                _doubtful.Remove(message.LibraryId);
            return ripe;
        }
    }

    /// <returns>What is to be asked of the watcher; null: nothing.</returns>
    private async Task<LibraryActionRequested?> JudgeAgainAsync(FileEvents message, CancellationToken cancellationToken)
    {
        var proof = message.Proof!;
        // Something has changed since, or is changing: what the watcher says then will be judged.
        var report = (await reports.ReadAsync(cancellationToken)).FirstOrDefault(report => report.Host == message.Host);
        if (report?.Libraries.FirstOrDefault(library => library.LibraryId == message.LibraryId)?.Proof is not { } present
            || (present.Version, present.Count, present.Digest) != (proof.Version, proof.Count, proof.Digest))
            return null;
        var (isVerified, refusal) = await TryRecordVerifiedAsync(message.LibraryId, proof, isConfirmed: true, cancellationToken);
        if (isVerified)
            return null;

        var held = await catalog.ProveAsync(message.LibraryId, cancellationToken);
        var now = time.GetUtcNow();
        var before = await verifications.FindAsync(message.LibraryId, cancellationToken) ?? new Verification { LibraryId = message.LibraryId };
        // Further ahead than anyone waits, it is of a clock that was wrong.
        bool isDue = before.NextResyncAt is not { } next || now >= next || next - now > LongestWait;
        string drift = $"the watcher has {proof.Count} entries, the catalog {held.Count}"
            + (proof.Count == held.Count ? ", some of them different" : "") + refusal;
        var wait = before.LastDriftAt is { } last && before.NextResyncAt is { } planned
            ? TimeSpan.FromTicks(Math.Clamp((planned - last).Ticks * 2, FirstWait.Ticks, LongestWait.Ticks))
            : FirstWait;
        await verifications.SaveAsync(
            before with
            {
                VerifiedAt = null,
                VerifiedVersion = null,
                DiskComparedAt = null,
                Drifts = isDue ? before.Drifts + 1 : before.Drifts,
                LastDriftAt = isDue ? now : before.LastDriftAt,
                LastDrift = drift,
                NextResyncAt = isDue ? now + wait : before.NextResyncAt,
            },
            cancellationToken);
        if (!isDue)
            return null;
        if (refusal is not null)
        {
            LogRefused(message.LibraryId, drift);
            return null;
        }

        LogDrift(message.LibraryId, drift);
        return new LibraryActionRequested { LibraryId = message.LibraryId, Action = LibraryAction.Resync, Reason = drift };
    }

    /// <summary>Records that the catalog is equal to the proof, where it is; what a finished resync has left over is buried first.</summary>
    /// <param name="isConfirmed">The watcher that owns the library says the same in its report: nothing is deleted for less.</param>
    /// <returns>Whether they are equal; if not, why what would make them so is not done, or null.</returns>
    private async Task<(bool IsVerified, string? Refusal)> TryRecordVerifiedAsync(
        string libraryId, Proof proof, bool isConfirmed, CancellationToken cancellationToken)
    {
        var held = await catalog.ProveAsync(libraryId, cancellationToken);
        if (!Matches(held, proof))
        {
            // After a resync: once everything told again is there, what is at or below the floor is of no entry.
            if (proof.Floor == 0 || !isConfirmed || !Matches(await catalog.ProveAboveAsync(libraryId, proof.Floor, cancellationToken), proof))
                return (false, null);
            long buried = held.Count - proof.Count;
            if (buried > MostBuried && buried * 2 > held.Count)
                return (false, $"; {buried} of them were not told again, too many to be deleted unasked: if they are gone indeed, remove the library and restore it.");
            await catalog.BuryUpToAsync(libraryId, proof.Floor, cancellationToken);
            if (!Matches(await catalog.ProveAsync(libraryId, cancellationToken), proof))
                return (false, null);
        }

        var before = await verifications.FindAsync(libraryId, cancellationToken) ?? new Verification { LibraryId = libraryId };
        if (before.VerifiedAt is null)
            LogVerified(libraryId, proof.Count);
        await verifications.SaveAsync(
            before with
            {
                VerifiedAt = time.GetUtcNow(), VerifiedVersion = proof.Version, DiskComparedAt = proof.DiskComparedAt, NextResyncAt = null,
            },
            cancellationToken);
        return (true, null);
    }

    private static bool Matches(Proof held, Proof proof) => (held.Count, held.Digest) == (proof.Count, proof.Digest);

    [LoggerMessage(LogLevel.Information, "{Library}: verified, the catalog is equal to {Entries} entries")]
    private partial void LogVerified(string library, long entries);

    [LoggerMessage(LogLevel.Warning, "{Library}: the catalog has drifted, and stays as it is ({Drift})")]
    private partial void LogRefused(string library, string drift);

    [LoggerMessage(LogLevel.Warning, "{Library}: the catalog has drifted ({Drift}); asking the watcher to tell all of it again")]
    private partial void LogDrift(string library, string drift);
}
