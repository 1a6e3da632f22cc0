using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace WatchPhoto.Bus;

/// <summary>
/// Counts the messages that were refused or failed, by queue (meter <c>WatchPhoto.Bus</c>), and says so in the log: the first at
/// once, of those within a minute after it only how many there were.
/// </summary>
internal sealed partial class Refusals(IMeterFactory meters, TimeProvider time, ILogger<Refusals> logger)
{
    public const string MeterName = "WatchPhoto.Bus";

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly Counter<long> _counter = meters.Create(MeterName).CreateCounter<long>("watchphoto.bus.messages.refused", "{message}");
    private readonly Dictionary<string, (long SaidAt, long Since)> _queues = [];

    /// <param name="isKept">In its error queue; others are said again by whoever said them, and so would be their failure.</param>
    public void Refused(string queue, string reason, bool isKept)
    {
        // Those of one process have a random part.
        string kind = isKept ? queue : string.Join('.', queue.Split('.').Take(2));
        _counter.Add(1, new KeyValuePair<string, object?>("queue", kind));
        long since;
        lock (_queues)
        {
            if (_queues.TryGetValue(kind, out var said) && time.GetElapsedTime(said.SaidAt) < Interval)
            {
                _queues[kind] = said with { Since = said.Since + 1 };
                return;
            }

            since = said.Since;
            _queues[kind] = (time.GetTimestamp(), 0);
        }

        if (since == 0)
            LogRefused(queue, reason);
        else
            LogSeveral(queue, reason, since);
    }

    [LoggerMessage(LogLevel.Warning, "A message in {Queue} failed: {Reason}")]
    private partial void LogRefused(string queue, string reason);

    [LoggerMessage(LogLevel.Warning, "A message in {Queue} failed: {Reason} Before it {Count} more have failed in a minute")]
    private partial void LogSeveral(string queue, string reason, long count);
}
