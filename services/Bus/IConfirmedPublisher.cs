namespace WatchPhoto.Bus;

/// <summary>
/// Publishes, as everybody here does, and says when the message is safe. One that all processes of a service compete for
/// (<see cref="QueueShapes.UseSharedQueue"/>) is safe when RabbitMQ has confirmed that its queue has it, or, in memory where
/// nothing outlives the process, when its consumer has taken it in. One that goes to whoever is there
/// (<see cref="QueueShapes.UsePrivateQueue"/>) is safe when the bus has it, for nobody may be there.
/// <para>Whatever the bus does, the caller's thread is not kept, nor anybody's longer than the time-out.</para>
/// </summary>
public interface IConfirmedPublisher
{
    /// <summary>
    /// Completes when the message is safe; it may arrive more than once when this fails or is cancelled. RabbitMQ has
    /// <see cref="BusOptions.PublishTimeout"/> to confirm it; in memory a consumer may take its time.
    /// </summary>
    /// <exception cref="TimeoutException">That time is over.</exception>
    Task PublishAsync<TMessage>(TMessage message, CancellationToken cancellationToken)
        where TMessage : class;

    /// <summary>The same, with a time-out of the caller's own.</summary>
    /// <exception cref="TimeoutException">That time is over.</exception>
    Task PublishAsync<TMessage>(TMessage message, TimeSpan timeout, CancellationToken cancellationToken)
        where TMessage : class;
}
