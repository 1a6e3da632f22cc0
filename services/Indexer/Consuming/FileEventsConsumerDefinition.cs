using MassTransit;
using Microsoft.Extensions.Options;
using WatchPhoto.Bus;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Database;

namespace WatchPhoto.Indexer.Consuming;

internal sealed class FileEventsConsumerDefinition : ConsumerDefinition<FileEventsConsumer>
{
    private static readonly TimeSpan FirstInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(10);

    private readonly int _messagesAhead;

    public FileEventsConsumerDefinition(IOptions<IndexerOptions> options)
    {
        EndpointName = BusNames.IndexerQueue;
        ConcurrentMessageLimit = options.Value.ConcurrentMessages;
        _messagesAhead = options.Value.MessagesAhead;
    }

    protected override void ConfigureConsumer(
        IReceiveEndpointConfigurator endpointConfigurator, IConsumerConfigurator<FileEventsConsumer> consumerConfigurator,
        IRegistrationContext context)
    {
        endpointConfigurator.UseSharedQueue(context);
        endpointConfigurator.PrefetchCount = ConcurrentMessageLimit!.Value + _messagesAhead;
        // A message waits for its database as long as it takes; what is refused would be refused again.
        endpointConfigurator.UseMessageRetry(retry =>
        {
            retry.Handle<Exception>(DatabaseConnection.IsAway);
            retry.Exponential(int.MaxValue, FirstInterval, LongestInterval, FirstInterval);
        });
    }
}
