using MassTransit;
using Microsoft.Extensions.Options;

namespace WatchPhoto.Bus;

/// <summary>Publishes to RabbitMQ with confirms, and waits no longer than the time-out, whatever the client does.</summary>
internal sealed class RabbitMqPublisher(IBus bus, IOptions<BusOptions> options) : IConfirmedPublisher
{
    private readonly TimeSpan _timeout = options.Value.PublishTimeout;

    public Task PublishAsync<TMessage>(TMessage message, CancellationToken cancellationToken)
        where TMessage : class => PublishAsync(message, _timeout, cancellationToken);

    public async Task PublishAsync<TMessage>(TMessage message, TimeSpan timeout, CancellationToken cancellationToken)
        where TMessage : class
    {
        try
        {
            // On another thread and with a timer of its own: of a broker that is frozen the client may keep either.
            await Task.Run(() => SendAsync(message, timeout, cancellationToken), cancellationToken).WaitAsync(timeout, cancellationToken);
        }
        catch (Exception exception) when (
            exception is (TimeoutException or OperationCanceledException) && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"RabbitMQ has not confirmed the message within {timeout.TotalSeconds:0.#} s.");
        }
    }

    private async Task SendAsync<TMessage>(TMessage message, TimeSpan timeout, CancellationToken cancellationToken)
        where TMessage : class
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(timeout);
        await bus.Publish<TMessage>(message, Shape, patience.Token);
    }

    // A message that no queue takes comes back as a failure instead of being confirmed and dropped; where somebody must take it.
    private static void Shape<TMessage>(PublishContext<TMessage> context)
        where TMessage : class
    {
        if (context.TryGetPayload<RabbitMqSendContext>(out var rabbit))
            rabbit.Mandatory = QueueShapes.HasSharedQueue<TMessage>();
    }
}
