using MassTransit;
using Microsoft.Extensions.Logging;

namespace WatchPhoto.Bus;

/// <summary>Says once that the broker is away, and once that it is back; the bus itself tries on and on.</summary>
internal sealed partial class BrokerConnectionLog(ILogger<BrokerConnectionLog> logger) : IReceiveEndpointObserver
{
    private int _away;

    public Task Ready(ReceiveEndpointReady ready)
    {
        if (Interlocked.Exchange(ref _away, 0) == 1)
            LogBack(ready.InputAddress.Host);
        return Task.CompletedTask;
    }

    public Task Faulted(ReceiveEndpointFaulted faulted)
    {
        if (Interlocked.Exchange(ref _away, 1) == 0)
            LogAway(faulted.InputAddress.Host, faulted.Exception?.GetBaseException().Message ?? "no reason given");
        return Task.CompletedTask;
    }

    public Task Stopping(ReceiveEndpointStopping stopping) => Task.CompletedTask;

    public Task Completed(ReceiveEndpointCompleted completed) => Task.CompletedTask;

    [LoggerMessage(LogLevel.Warning, "RabbitMQ at {Host} does not answer ({Reason}); waiting for it")]
    partial void LogAway(string host, string reason);

    [LoggerMessage(LogLevel.Information, "RabbitMQ at {Host} answers again")]
    partial void LogBack(string host);
}
