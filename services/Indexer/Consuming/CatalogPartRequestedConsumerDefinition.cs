using MassTransit;
using WatchPhoto.Bus;
using WatchPhoto.Contracts;

namespace WatchPhoto.Indexer.Consuming;

internal sealed class CatalogPartRequestedConsumerDefinition : ConsumerDefinition<CatalogPartRequestedConsumer>
{
    public CatalogPartRequestedConsumerDefinition() => EndpointName = BusNames.CatalogPartRequestsQueue;

    // A question that is not answered is asked again in seconds: neither retried nor put aside.
    protected override void ConfigureConsumer(
        IReceiveEndpointConfigurator endpointConfigurator, IConsumerConfigurator<CatalogPartRequestedConsumer> consumerConfigurator,
        IRegistrationContext context) => endpointConfigurator.UseSharedQueue(context, keepFailed: false);
}
