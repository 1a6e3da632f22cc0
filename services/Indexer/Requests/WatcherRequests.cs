using WatchPhoto.Bus;

namespace WatchPhoto.Indexer.Requests;

/// <summary>Has watchers do what somebody asks for over HTTP, who waits and is told when it cannot be asked of them.</summary>
internal sealed class WatcherRequests(IConfirmedPublisher publisher)
{
    private static readonly TimeSpan BusPatience = TimeSpan.FromSeconds(5);

    /// <summary>Completes when the request is on its way; what a watcher makes of it shows in its reports.</summary>
    /// <exception cref="RefusedRequestException">The bus does not answer.</exception>
    public async Task SendAsync<TRequest>(TRequest request, CancellationToken cancellationToken)
        where TRequest : class
    {
        try
        {
            await publisher.PublishAsync(request, BusPatience, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new RefusedRequestException(
                StatusCodes.Status503ServiceUnavailable, "The bus does not answer, so the watcher cannot be asked; try again in a while.");
        }
    }
}
