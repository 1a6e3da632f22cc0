using System.Globalization;
using MassTransit;
using MassTransit.Middleware;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using WatchPhoto.Contracts;

namespace WatchPhoto.Bus;

/// <summary>
/// The two shapes of a queue here, for a consumer's definition to choose from: one that all processes of a service
/// compete on, and one that a process has for itself.
/// </summary>
public static class QueueShapes
{
    // What is said again every few seconds is worth nothing when it is old.
    private static readonly TimeSpan RepeatedAge = TimeSpan.FromMinutes(1);

    // A stream forgets whole segments: with RabbitMQ's own 500 MB a small installation would keep everything for ever.
    private const long HistorySegment = 64 * 1024 * 1024;

    /// <summary>
    /// Outlives its readers and the broker's restarts; all processes of the service take turns at it. What fails goes to
    /// its error queue with the reason, unless <paramref name="keepFailed"/> is false.
    /// </summary>
    public static void UseSharedQueue(this IReceiveEndpointConfigurator endpoint, IRegistrationContext context, bool keepFailed = true)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        // A fault is told by the error queue; nobody subscribes to it as a message.
        endpoint.PublishFaults = false;
        endpoint.FailsWith(context, keepFailed);
        if (endpoint is IRabbitMqReceiveEndpointConfigurator queue)
            queue.Shape(queue.InputAddress.Segments[^1], context.GetRequiredService<IOptions<BusOptions>>().Value.QueueType);
    }

    /// <summary>
    /// Lives and goes with this process, and keeps nothing that failed: for messages that are said again anyway.
    /// Its name should come from <see cref="OwnQueueName"/>.
    /// </summary>
    public static void UsePrivateQueue(this IReceiveEndpointConfigurator endpoint, IRegistrationContext context)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        endpoint.PublishFaults = false;
        endpoint.FailsWith(context, keepFailed: false);
        endpoint.DiscardSkippedMessages();
        if (endpoint is IRabbitMqReceiveEndpointConfigurator queue)
        {
            // Durable all the same: RabbitMQ is giving up queues that are neither durable nor exclusive.
            queue.Durable = true;
            queue.AutoDelete = true;
        }
    }

    /// <summary>A name no other process has: the prefix, the host's name as far as a queue's name can say it, a random part.</summary>
    public static string OwnQueueName(string prefix, string host)
    {
        ArgumentNullException.ThrowIfNull(host);
        var letters = host.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '_').Take(64).ToArray();
        return $"{prefix}{new string(letters)}.{Guid.NewGuid().ToString("N")[..8]}";
    }

    /// <summary>Whether the message's queue is one that all processes of a service compete on, and outlives them.</summary>
    internal static bool HasSharedQueue<TMessage>() =>
        typeof(TMessage) == typeof(FileEvents) || typeof(TMessage) == typeof(CatalogPartRequested) || typeof(TMessage) == typeof(WatcherReport);

    /// <summary>
    /// Publishers declare the shared queues as well, exactly as the readers do: what is published before any
    /// reader ever ran then waits, instead of being confirmed and dropped.
    /// </summary>
    internal static void BindReaders(this IRabbitMqBusFactoryConfigurator bus, BusOptions options)
    {
        var type = options.QueueType;
        bus.Publish<FileEvents>(exchange =>
        {
            exchange.BindQueue(BusNames.FileEventsExchange, BusNames.IndexerQueue, queue => queue.Shape(BusNames.IndexerQueue, type));
            if (options.HistoryAge == TimeSpan.Zero)
                return;
            exchange.BindQueue(BusNames.FileEventsExchange, BusNames.HistoryStream, queue => queue.ShapeHistory(options.HistoryAge));
            // For marks, which nobody else is to read.
            exchange.BindQueue(BusNames.HistoryStream, BusNames.HistoryStream, queue => queue.ShapeHistory(options.HistoryAge));
        });
        bus.Publish<CatalogPartRequested>(exchange => exchange.BindQueue(
            BusNames.CatalogPartRequestsExchange, BusNames.CatalogPartRequestsQueue, queue => queue.Shape(BusNames.CatalogPartRequestsQueue, type)));
        bus.Publish<WatcherReport>(exchange => exchange.BindQueue(
            BusNames.WatcherReportsExchange, BusNames.WatcherReportsQueue, queue => queue.Shape(BusNames.WatcherReportsQueue, type)));
    }

    private static void FailsWith(this IReceiveEndpointConfigurator endpoint, IRegistrationContext context, bool keepFailed) =>
        endpoint.ConfigureError(error =>
        {
            error.UseFilter(new FaultReason(context.GetRequiredService<Refusals>(), keepFailed));
            error.UseFilter(new GenerateFaultFilter());
            error.UseFilter(keepFailed ? new ErrorTransportFilter() : new DiscardErrorTransportFilter());
        });

    private static void ShapeHistory(this IRabbitMqQueueConfigurator queue, TimeSpan age)
    {
        queue.SetQueueArgument("x-queue-type", "stream");
        queue.SetQueueArgument("x-max-age", string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(age.TotalSeconds)}s"));
        queue.SetQueueArgument("x-stream-max-segment-size-bytes", HistorySegment);
    }

    private static void Shape(this IRabbitMqQueueConfigurator queue, string name, QueueType type)
    {
        if (type == QueueType.Quorum)
        {
            queue.SetQueueArgument("x-queue-type", "quorum");
            // A message that had to wait for the database returns to the queue again and again, and is lost at the limit.
            queue.SetQueueArgument("x-delivery-limit", -1);
        }

        if (name is BusNames.WatcherReportsQueue or BusNames.CatalogPartRequestsQueue)
            queue.SetQueueArgument("x-message-ttl", (long)RepeatedAge.TotalMilliseconds);
    }
}
