using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using WatchPhoto.Bus;

namespace WatchPhoto.Watcher.Publishing;

/// <summary>Reports the watcher's status every few seconds. A report that cannot be sent is not kept: the next says more.</summary>
internal sealed partial class Reporter(
    WatcherStatus status, IConfirmedPublisher publisher, IOptions<WatcherOptions> options, TimeProvider time, ILogger<Reporter> log)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.ReportInterval, time);
        do
        {
            try
            {
                await publisher.PublishAsync(status.Current() with { SentAt = time.GetUtcNow() }, stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogNotSent(exception.GetBaseException().Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(LogLevel.Debug, "A report was not sent: {Reason}")]
    private partial void LogNotSent(string reason);
}
