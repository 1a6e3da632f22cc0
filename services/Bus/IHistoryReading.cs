namespace WatchPhoto.Bus;

/// <summary>A stretch of the history, to be read once.</summary>
public interface IHistoryReading : IAsyncDisposable
{
    /// <summary>The messages, oldest first; a bounded number of them is in memory.</summary>
    /// <exception cref="IOException">The broker is gone.</exception>
    IAsyncEnumerable<HistoricMessage> ReadAsync(CancellationToken cancellationToken);
}
