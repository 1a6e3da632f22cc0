namespace WatchPhoto.Bus;

/// <summary>
/// Publishes and says when the message is safe: confirmed by RabbitMQ, or, in memory where nothing outlives the
/// process, taken in by its consumer.
/// </summary>
public interface IConfirmedPublisher
{
    /// <summary>Completes when the message is safe; it may arrive more than once when this fails or is cancelled.</summary>
    Task PublishAsync<TMessage>(TMessage message, CancellationToken cancellationToken)
        where TMessage : class;
}
