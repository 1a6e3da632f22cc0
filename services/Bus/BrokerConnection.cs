using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace WatchPhoto.Bus;

/// <summary>
/// Says once that the broker is away, and once that it is back; the bus itself tries on and on. Unless it does not: RabbitMQ's
/// client can wait for ever on a channel whose connection was lost at the wrong moment (rabbitmq-dotnet-client, issue 1976).
/// When a queue is not read and nothing was heard of any for longer than the bus tries, nothing inside can help: the process
/// ends and asks to be started again.
/// </summary>
internal sealed partial class BrokerConnection(
    IServiceProvider services, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<BrokerConnection> logger)
    : BackgroundService, IReceiveEndpointObserver
{
    // The bus tries again after a minute at most.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private long _heard = time.GetTimestamp();
    // Some queues may be read while others are refused.
    private readonly HashSet<Uri> _away = [];

    public Task Ready(ReceiveEndpointReady ready)
    {
        Volatile.Write(ref _heard, time.GetTimestamp());
        lock (_away)
        {
            if (_away.Remove(ready.InputAddress) && _away.Count == 0)
                LogBack(ready.InputAddress.Host);
        }

        return Task.CompletedTask;
    }

    public Task Faulted(ReceiveEndpointFaulted faulted)
    {
        Volatile.Write(ref _heard, time.GetTimestamp());
        lock (_away)
        {
            if (_away.Add(faulted.InputAddress) && _away.Count == 1)
                LogAway(faulted.InputAddress.Host, faulted.Exception?.GetBaseException().Message ?? "no reason given");
        }

        return Task.CompletedTask;
    }

    public Task Stopping(ReceiveEndpointStopping stopping) => Task.CompletedTask;

    public Task Completed(ReceiveEndpointCompleted completed) => Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The bus tells of itself here, and so cannot be asked for before.
        var bus = services.GetRequiredService<IBusControl>();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(10), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (time.GetElapsedTime(Volatile.Read(ref _heard)) < Patience
                || bus.CheckHealth().Endpoints.Values.All(endpoint => endpoint.Status == BusHealthStatus.Healthy))
                continue;
            LogStuck();
            lifetime.End(Service.StartAgain);
            return;
        }
    }

    [LoggerMessage(LogLevel.Warning, "RabbitMQ at {Host} does not answer ({Reason}); waiting for it")]
    partial void LogAway(string host, string reason);

    [LoggerMessage(LogLevel.Information, "RabbitMQ at {Host} answers again")]
    partial void LogBack(string host);

    [LoggerMessage(LogLevel.Critical, "The connection to RabbitMQ hangs and cannot be helped; the process ends, to be started again")]
    partial void LogStuck();
}
