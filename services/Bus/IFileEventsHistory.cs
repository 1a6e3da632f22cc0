using WatchPhoto.Contracts;

namespace WatchPhoto.Bus;

/// <summary>All file events that were published lately, by watchers or by hand, for whoever wants to apply them again.</summary>
public interface IFileEventsHistory
{
    /// <summary>Looks up what the broker took between two times by its own clock: a second more at both ends, never less.</summary>
    /// <exception cref="NoHistoryException">There is no history.</exception>
    Task<IHistoryReading> OpenAsync(DateTimeOffset from, DateTimeOffset until, CancellationToken cancellationToken);
}

/// <summary>A stretch of the history, to be read once.</summary>
public interface IHistoryReading : IAsyncDisposable
{
    /// <summary>The messages, oldest first; a bounded number of them is in memory.</summary>
    /// <exception cref="IOException">The broker is gone.</exception>
    IAsyncEnumerable<HistoricMessage> ReadAsync(CancellationToken cancellationToken);
}

/// <param name="Place">Where in the stretch it was found: from 0, its beginning, to 1, its end.</param>
/// <param name="Events">Null: what was published is no such message.</param>
public sealed record HistoricMessage(double Place, FileEvents? Events);

/// <summary>There is no history, for the reason and with the remedy that the message says.</summary>
public sealed class NoHistoryException(string message) : Exception(message);

internal sealed class NoHistory(string reason) : IFileEventsHistory
{
    public Task<IHistoryReading> OpenAsync(DateTimeOffset from, DateTimeOffset until, CancellationToken cancellationToken) =>
        throw new NoHistoryException(reason);
}
