using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using WatchPhoto.Bus;
using WatchPhoto.Contracts;

namespace WatchPhoto.Watcher.Publishing;

/// <summary>Sends what the tracker asks of the catalog. A question that is lost is asked again by the tracker.</summary>
internal sealed partial class CatalogPartRequester(IConfirmedPublisher publisher, ILogger<CatalogPartRequester> log) : BackgroundService
{
    private readonly Channel<CatalogPartRequested> _requests = Channel.CreateBounded<CatalogPartRequested>(
        new BoundedChannelOptions(64) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    public void Ask(CatalogPartRequested request) => _requests.Writer.TryWrite(request);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var request in _requests.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                await publisher.PublishAsync(request, stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogNotSent(exception.GetBaseException().Message);
            }
        }
    }

    [LoggerMessage(LogLevel.Debug, "A question to the catalog was not sent: {Reason}")]
    private partial void LogNotSent(string reason);
}
