using System.Diagnostics.Metrics;

namespace WatchPhoto.Watcher;

/// <summary>What the watcher measures of itself; meter <c>WatchPhoto.Watcher</c>.</summary>
public sealed class WatcherMetrics
{
    public const string MeterName = "WatchPhoto.Watcher";

    /// <summary>Seconds from the reading of a hint to the transaction that has entries and messages about it.</summary>
    public const string ChangeRecorded = "watchphoto.watcher.change.recorded";

    private readonly Histogram<double> _recorded;

    internal WatcherMetrics(IMeterFactory meters) =>
        _recorded = meters.Create(MeterName).CreateHistogram<double>(ChangeRecorded, "s",
            "From the reading of a hint off the kernel to the transaction with what it led to; of hints looked at together, the oldest.");

    internal void Recorded(TimeSpan duration) => _recorded.Record(duration.TotalSeconds);
}
