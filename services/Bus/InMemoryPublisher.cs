using MassTransit;

namespace WatchPhoto.Bus;

/// <summary>
/// In memory a published message is only a message in flight: nothing outlives the process and nothing slows a fast
/// publisher. So publishing completes when the consumer is done with the message, also when it refused it; for what goes to
/// whoever is there nobody waits.
/// </summary>
internal sealed class InMemoryPublisher(IBusControl bus, MessagesInFlight inFlight) : IConfirmedPublisher
{
    public async Task PublishAsync<TMessage>(TMessage message, CancellationToken cancellationToken)
        where TMessage : class
    {
        // Until the bus runs there are no queues, and what is published is gone.
        await bus.WaitForHealthStatus(BusHealthStatus.Healthy, cancellationToken);
        if (!QueueShapes.HasSharedQueue<TMessage>())
        {
            await bus.Publish(message, cancellationToken);
            return;
        }

        var id = NewId.NextGuid();
        var taken = inFlight.Add(id);
        try
        {
            await bus.Publish(message, context => context.MessageId = id, cancellationToken);
            await taken.WaitAsync(cancellationToken);
        }
        finally
        {
            inFlight.Remove(id);
        }
    }

    public Task PublishAsync<TMessage>(TMessage message, TimeSpan timeout, CancellationToken cancellationToken)
        where TMessage : class => PublishAsync(message, cancellationToken).WaitAsync(timeout, cancellationToken);
}
