using MassTransit;
using WatchPhoto.Bus;
using WatchPhoto.Contracts;

namespace WatchPhoto.Indexer.Previewing;

internal sealed class LibraryPreviewedConsumerDefinition : ConsumerDefinition<LibraryPreviewedConsumer>
{
    public LibraryPreviewedConsumerDefinition() =>
        EndpointName = QueueShapes.OwnQueueName(BusNames.IndexerPreviewsQueuePrefix, Environment.MachineName);

    protected override void ConfigureConsumer(
        IReceiveEndpointConfigurator endpointConfigurator, IConsumerConfigurator<LibraryPreviewedConsumer> consumerConfigurator,
        IRegistrationContext context) => endpointConfigurator.UsePrivateQueue(context);
}
