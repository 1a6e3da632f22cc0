using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using Polly;
using Polly.Retry;
using WatchPhoto.Bus;
using WatchPhoto.Indexer.Consuming;
using WatchPhoto.Indexer.Database;

namespace WatchPhoto.Indexer.Replaying;

/// <summary>
/// Applies a stretch of the history once more: beside what arrives live and not through its queue, where live changes would
/// have to wait behind years of old ones. Safe at any time, as old events change nothing that is newer.
/// </summary>
internal sealed partial class Replay(FileEventsApplier applier, IOptions<IndexerOptions> options, TimeProvider time, ILogger<Replay> log)
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(1);

    private static readonly ResiliencePipeline WaitingForDatabase = new ResiliencePipelineBuilder()
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<Exception>(DatabaseConnection.IsAway),
            MaxRetryAttempts = int.MaxValue,
            BackoffType = DelayBackoffType.Exponential,
            Delay = TimeSpan.FromMilliseconds(200),
            MaxDelay = TimeSpan.FromSeconds(10),
        })
        .Build();

    /// <summary>Replays, and tells how far it is every second, and at the end.</summary>
    /// <param name="libraryId">Only this library's messages; null: all.</param>
    public async IAsyncEnumerable<ReplayProgress> RunAsync(
        IHistoryReading history, string? libraryId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var counts = new ReplayCounts();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var applying = ApplyAllAsync(history, libraryId, counts, ending.Token);
        try
        {
            while (await Task.WhenAny(applying, Task.Delay(ReportInterval, time, cancellationToken)) != applying)
                yield return counts.Progress(ReplayState.Replaying);
            yield return await EndAsync(applying, counts);
        }
        finally
        {
            // Whoever asked has gone: so does the replay.
            await ending.CancelAsync();
            await applying.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ApplyAllAsync(IHistoryReading history, string? libraryId, ReplayCounts counts, CancellationToken cancellationToken)
    {
        var atOnce = new ParallelOptions { MaxDegreeOfParallelism = options.Value.ConcurrentMessages, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(history.ReadAsync(cancellationToken), atOnce, async (message, token) =>
        {
            counts.Read(message.Place);
            // An old proof says nothing of the catalog as it is now.
            if (message.Events is not { Events.Count: > 0 } events || (libraryId ?? events.LibraryId) != events.LibraryId)
                return;
            try
            {
                if (events.Problem() is { } problem)
                    throw new RefusedMessageException(problem);
                if (await WaitingForDatabase.ExecuteAsync(async each => await applier.ApplyAsync(events, each), token))
                    counts.Applied(events.Events.Count);
                else
                    counts.Dropped();
            }
            catch (RefusedMessageException refused)
            {
                // It is in the error queue since it was published, or its library is forgotten meanwhile.
                counts.Refused(refused.Message);
            }
        });
    }

    private async Task<ReplayProgress> EndAsync(Task applying, ReplayCounts counts)
    {
        try
        {
            await applying;
        }
        catch (Exception exception) when (BusConnection.IsAway(exception))
        {
            var failed = counts.Progress(ReplayState.Failed) with { Problem = $"{exception.Message.TrimEnd('.')}. Start it again: what is applied already does no harm." };
            LogFailed(failed.Messages, failed.Problem);
            return failed;
        }

        var done = counts.Progress(ReplayState.Done) with { Place = 1 };
        LogDone(done.Messages, done.Events, done.Refused);
        return done;
    }

    [LoggerMessage(LogLevel.Information, "Replayed {Messages} messages with {Events} events; {Refused} messages were refused")]
    private partial void LogDone(long messages, long events, long refused);

    [LoggerMessage(LogLevel.Warning, "A replay ended after {Messages} messages: {Problem}")]
    private partial void LogFailed(long messages, string problem);
}
