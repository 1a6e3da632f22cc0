using System.Diagnostics.Metrics;
using WatchPhoto.Contracts;

namespace WatchPhoto.Indexer;

/// <summary>Events applied and dropped by this indexer since it started; meter <c>WatchPhoto.Indexer</c>.</summary>
internal sealed class IndexerMetrics
{
    public const string MeterName = "WatchPhoto.Indexer";

    private readonly Counter<long> _appliedCounter;
    private readonly Counter<long> _droppedCounter;
    private readonly long[] _dropped = new long[Enum.GetValues<DropReason>().Length];
    private long _applied;

    public IndexerMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _appliedCounter = meter.CreateCounter<long>("watchphoto.indexer.events.applied", "{event}");
        _droppedCounter = meter.CreateCounter<long>("watchphoto.indexer.events.dropped", "{event}");
    }

    public EventCounts Counts => new(
        Interlocked.Read(ref _applied),
        Interlocked.Read(ref _dropped[(int)DropReason.LibraryRemoved]),
        Interlocked.Read(ref _dropped[(int)DropReason.OldEpoch]));

    public void Applied(FileEvents events)
    {
        Interlocked.Add(ref _applied, events.Events.Count);
        _appliedCounter.Add(events.Events.Count);
    }

    public void Dropped(FileEvents events, DropReason reason)
    {
        Interlocked.Add(ref _dropped[(int)reason], events.Events.Count);
        _droppedCounter.Add(events.Events.Count, new KeyValuePair<string, object?>("reason", reason.ToString()));
    }
}
