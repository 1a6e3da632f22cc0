namespace WatchPhoto.Bus;

/// <summary>All file events that were published lately, by watchers or by hand, for whoever wants to apply them again.</summary>
public interface IFileEventsHistory
{
    /// <summary>Looks up what the broker took between two times by its own clock: a second more at both ends, never less.</summary>
    /// <exception cref="NoHistoryException">There is no history.</exception>
    Task<IHistoryReading> OpenAsync(DateTimeOffset from, DateTimeOffset until, CancellationToken cancellationToken);
}
