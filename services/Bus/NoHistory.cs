namespace WatchPhoto.Bus;

internal sealed class NoHistory(string reason) : IFileEventsHistory
{
    public Task<IHistoryReading> OpenAsync(DateTimeOffset from, DateTimeOffset until, CancellationToken cancellationToken) =>
        throw new NoHistoryException(reason);
}
