using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Polly;
using Polly.Retry;
using WatchPhoto.Bus;
using WatchPhoto.Contracts;
using WatchPhoto.Hosting;
using WatchPhoto.Watcher.State;

namespace WatchPhoto.Watcher.Publishing;

/// <summary>
/// Sends the outbox in order, several messages in flight, and removes a row when its message is confirmed. What is sent
/// twice (a confirmation lost, the process killed) has the same versions and changes nothing.
/// </summary>
internal sealed partial class OutboxPublisher(
    StateDatabase state, OutboxSignal signal, IConfirmedPublisher publisher, IOptions<WatcherOptions> options, WatcherEnd end,
    ILogger<OutboxPublisher> log) : BackgroundService
{
    private const int EventsRead = 4096;

    private readonly SemaphoreSlim _window = new(options.Value.MessagesInFlight);
    private readonly Channel<IReadOnlyList<long>> _confirmed = Channel.CreateBounded<IReadOnlyList<long>>(options.Value.MessagesInFlight);
    // Rows on their way and not yet removed.
    private readonly ConcurrentDictionary<long, bool> _sent = new();
    private readonly Outage _outage = new();

    private ResiliencePipeline Delivery => field ??= new ResiliencePipelineBuilder()
        .AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = int.MaxValue,
            BackoffType = DelayBackoffType.Exponential,
            Delay = TimeSpan.FromMilliseconds(200),
            MaxDelay = TimeSpan.FromSeconds(10),
            UseJitter = true,
            OnRetry = retry =>
            {
                if (_outage.TryBegin(retry.Outcome.Exception))
                    LogAway(Outage.ReasonOf(retry.Outcome.Exception));
                return default;
            },
        })
        .Build();

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        // However long it takes: the state is closed next.
        if (ExecuteTask is { } sending)
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        Task[] both = [SendAllAsync(either.Token), RemoveConfirmedAsync(either.Token)];
        await Task.WhenAny(both);
        // One alone is of no use: what ended it ends the process.
        await either.CancelAsync();
        try
        {
            await Task.WhenAll(both);
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            end.Because(exception);
        }
    }

    private async Task SendAllAsync(CancellationToken cancellationToken)
    {
        await signal.Opened.WaitAsync(cancellationToken);
        var read = ReadAsync(after: 0);
        try
        {
            while (true)
            {
                var rows = await read;
                // The next are read while these are on their way: who keeps the gate closed meanwhile does not dry up the bus.
                if (rows.Count > 0)
                    read = ReadAsync(rows[^1].Sequence);
                foreach (var (message, sequences) in Messages(rows.Where(row => _sent.TryAdd(row.Sequence, true))))
                {
                    await _window.WaitAsync(cancellationToken);
                    _ = SendAsync(message, sequences, cancellationToken);
                }

                if (rows.Count > 0)
                    continue;
                // From the start again: a library that was paused may have rows before those sent meanwhile.
                await signal.WaitAsync(cancellationToken);
                read = ReadAsync(after: 0);
            }
        }
        finally
        {
            // The state is closed next.
            await read;
        }
    }

    private Task<IReadOnlyList<OutboxRow>> ReadAsync(long after) => Task.Run(() =>
    {
        lock (state.Gate)
            return state.ReadOutbox(after, EventsRead);
    });

    // Whatever waits goes together: one event alone at once when it is quiet, full messages when there is much.
    private IEnumerable<(FileEvents Message, List<long> Sequences)> Messages(IEnumerable<OutboxRow> rows)
    {
        var together = new List<OutboxRow>();
        int count = 0, bytes = 0;
        foreach (var row in rows)
        {
            if (together.Count > 0
                && (row.LibraryId != together[0].LibraryId || row.Epoch != together[0].Epoch
                    || count + row.Count > FileEvents.MaxEvents || bytes + row.Bytes > FileEvents.MaxBytes))
            {
                yield return Message(together);
                together.Clear();
                count = bytes = 0;
            }

            together.Add(row);
            count += row.Count;
            bytes += row.Bytes;
        }

        if (together.Count > 0)
            yield return Message(together);
    }

    private (FileEvents Message, List<long> Sequences) Message(List<OutboxRow> rows)
    {
        var message = new FileEvents
        {
            LibraryId = rows[0].LibraryId, Epoch = rows[0].Epoch, Host = options.Value.Host, Events = [.. rows.SelectMany(row => row.Events)],
        };
        return (message, rows.ConvertAll(row => row.Sequence));
    }

    private async Task SendAsync(FileEvents message, List<long> sequences, CancellationToken cancellationToken)
    {
        try
        {
            // Of entries that are gone, nothing is left to tell.
            if (message.Events.Count > 0)
            {
                await Delivery.ExecuteAsync(async token => await publisher.PublishAsync(message, token), cancellationToken);
                if (_outage.TryEnd())
                    LogBack();
            }

            await _confirmed.Writer.WriteAsync(sequences, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopping: what is not confirmed stays in the outbox and is sent at the next start.
        }
        finally
        {
            _window.Release();
        }
    }

    private async Task RemoveConfirmedAsync(CancellationToken cancellationToken)
    {
        var removed = new List<long>();
        while (await _confirmed.Reader.WaitToReadAsync(cancellationToken))
        {
            // What comes back with the power is sent again, and changes nothing.
            state.TransactSoon(() =>
            {
                while (_confirmed.Reader.TryRead(out var sequences))
                {
                    foreach (long sequence in sequences)
                        state.RemoveOutbox(sequence);
                    removed.AddRange(sequences);
                }
            });
            foreach (long sequence in removed)
                _sent.TryRemove(sequence, out _);
            removed.Clear();
        }
    }

    [LoggerMessage(LogLevel.Warning, "Messages are not taken ({Reason}); they wait in the outbox and are tried again")]
    private partial void LogAway(string reason);

    [LoggerMessage(LogLevel.Information, "Messages are taken again")]
    private partial void LogBack();
}
