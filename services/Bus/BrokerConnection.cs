using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using WatchPhoto.Hosting;

namespace WatchPhoto.Bus;

/// <summary>
/// Says once that the broker is away, and once that it is back; the bus itself tries on and on. Unless it does not: RabbitMQ's
/// client can wait for ever on a channel whose connection was lost at the wrong moment (rabbitmq-dotnet-client, issue 1976).
/// When a queue is not read and nothing was heard of any for longer than the bus tries, or when the bus takes a queue for read
/// and the broker knows better, nothing inside can help: the process ends and asks to be started again.
/// </summary>
internal sealed partial class BrokerConnection(
    IServiceProvider services, QueueReaders readers, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<BrokerConnection> logger)
    : BackgroundService, IReceiveEndpointObserver
{
    // The bus tries again after a minute at most.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    // The bus makes a queue that was deleted, and its reader, anew within seconds.
    private const int MostUnread = 3;

    private long _heard = time.GetTimestamp();
    // Some queues may be read while others are refused.
    private readonly HashSet<Uri> _away = [];
    private readonly Outage _outage = new();

    public Task Ready(ReceiveEndpointReady ready)
    {
        Volatile.Write(ref _heard, time.GetTimestamp());
        lock (_away)
        {
            if (_away.Remove(ready.InputAddress) && _away.Count == 0 && _outage.TryEnd())
                LogBack(ready.InputAddress.Host);
        }

        return Task.CompletedTask;
    }

    public Task Faulted(ReceiveEndpointFaulted faulted)
    {
        Volatile.Write(ref _heard, time.GetTimestamp());
        lock (_away)
        {
            _away.Add(faulted.InputAddress);
            if (_outage.TryBegin(faulted.Exception))
                LogAway(faulted.InputAddress.Host, Outage.ReasonOf(faulted.Exception));
        }

        return Task.CompletedTask;
    }

    public Task Stopping(ReceiveEndpointStopping stopping) => Task.CompletedTask;

    public Task Completed(ReceiveEndpointCompleted completed) => Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The bus tells of itself here, and so cannot be asked for before.
        var bus = services.GetRequiredService<IBusControl>();
        using var timer = new PeriodicTimer(Interval, time);
        int unread = 0;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var endpoints = bus.CheckHealth().Endpoints.Values.ToList();
            bool isHealthy = endpoints.TrueForAll(endpoint => endpoint.Status == BusHealthStatus.Healthy);
            if (!isHealthy && time.GetElapsedTime(Volatile.Read(ref _heard)) >= Patience)
            {
                LogStuck();
                lifetime.End(Service.StartAgain);
                return;
            }

            string[] queues = isHealthy ? await FindUnreadAsync(endpoints.Select(endpoint => endpoint.InputAddress), stoppingToken) : [];
            unread = queues.Length > 0 ? unread + 1 : 0;
            if (unread >= MostUnread)
            {
                LogUnread(queues[0]);
                lifetime.End(Service.StartAgain);
                return;
            }
        }
    }

    private async Task<string[]> FindUnreadAsync(IEnumerable<Uri> addresses, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Interval);
        try
        {
            string[] queues = [.. addresses.Where(IsQueue).Select(address => address.Segments[^1])];
            return [.. await readers.FindUnreadAsync(queues, patience.Token)];
        }
        catch (Exception exception) when (BusConnection.IsAway(exception) || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // The broker is busy, or away: the bus says so.
            return [];
        }
    }

    // The bus itself has an endpoint that is made when somebody sends to it.
    private static bool IsQueue(Uri address) => address.Segments[^1].StartsWith("watchphoto.", StringComparison.Ordinal);

    [LoggerMessage(LogLevel.Warning, "RabbitMQ at {Host} does not answer ({Reason}); waiting for it")]
    partial void LogAway(string host, string reason);

    [LoggerMessage(LogLevel.Information, "RabbitMQ at {Host} answers again")]
    partial void LogBack(string host);

    [LoggerMessage(LogLevel.Critical, "The connection to RabbitMQ hangs and cannot be helped; the process ends, to be started again")]
    partial void LogStuck();

    [LoggerMessage(LogLevel.Critical, "The queue {Queue} is not read, though the connection to RabbitMQ is healthy; the process ends, to be started again")]
    partial void LogUnread(string queue);
}
