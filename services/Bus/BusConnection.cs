using MassTransit;
using RabbitMQ.Client.Exceptions;

namespace WatchPhoto.Bus;

public static class BusConnection
{
    /// <summary>Whether publishing failed because the broker is away or in trouble, which passes.</summary>
    public static bool IsAway(Exception exception) =>
        exception is MassTransitException or RabbitMQClientException or TimeoutException or IOException;
}
