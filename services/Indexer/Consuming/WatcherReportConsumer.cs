using MassTransit;
using WatchPhoto.Bus;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Database;
using WatchPhoto.Indexer.Registry;

namespace WatchPhoto.Indexer.Consuming;

internal sealed class WatcherReportConsumer(IWatcherReports reports, DatabaseConnection database) : IConsumer<WatcherReport>
{
    public Task Consume(ConsumeContext<WatcherReport> context) =>
        database.AskAsync(cancellationToken => reports.SaveAsync(context.Message, cancellationToken), context.CancellationToken);
}

internal sealed class WatcherReportConsumerDefinition : ConsumerDefinition<WatcherReportConsumer>
{
    public WatcherReportConsumerDefinition() => EndpointName = BusNames.WatcherReportsQueue;

    // A report that is not kept is said again in seconds: neither retried nor put aside.
    protected override void ConfigureConsumer(
        IReceiveEndpointConfigurator endpointConfigurator, IConsumerConfigurator<WatcherReportConsumer> consumerConfigurator,
        IRegistrationContext context) => endpointConfigurator.IsShared<WatcherReport>(context, keepFailed: false);
}
