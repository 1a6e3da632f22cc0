using MassTransit;
using WatchPhoto.Bus;
using WatchPhoto.Contracts;

namespace WatchPhoto.Indexer.Consuming;

internal sealed class WatcherReportConsumerDefinition : ConsumerDefinition<WatcherReportConsumer>
{
    public WatcherReportConsumerDefinition() => EndpointName = BusNames.WatcherReportsQueue;

    // A report that is not kept is said again in seconds: neither retried nor put aside.
    protected override void ConfigureConsumer(
        IReceiveEndpointConfigurator endpointConfigurator, IConsumerConfigurator<WatcherReportConsumer> consumerConfigurator,
        IRegistrationContext context) => endpointConfigurator.UseSharedQueue(context, keepFailed: false);
}
