using MassTransit;
using Microsoft.Extensions.Options;

namespace WatchPhoto.Bus;

/// <summary>Publishes to RabbitMQ with confirms, and waits no longer than <see cref="BusOptions.PublishTimeout"/>.</summary>
internal sealed class RabbitMqPublisher(IBus bus, IOptions<BusOptions> options) : IConfirmedPublisher
{
    private readonly TimeSpan _timeout = options.Value.PublishTimeout;

    public async Task PublishAsync<TMessage>(TMessage message, CancellationToken cancellationToken)
        where TMessage : class
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(_timeout);
        try
        {
            // A frozen broker keeps the publishing from looking at its token; the outer wait does.
            await bus.Publish<TMessage>(message, Mandatory, patience.Token).WaitAsync(patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"RabbitMQ has not confirmed the message within {_timeout.TotalSeconds:0.#} s.");
        }
    }

    // A message that no queue takes comes back as a failure instead of being confirmed and dropped.
    private static void Mandatory<TMessage>(PublishContext<TMessage> context)
        where TMessage : class
    {
        if (context.TryGetPayload<RabbitMqSendContext>(out var rabbit))
            rabbit.Mandatory = true;
    }
}
