using MassTransit;
using Microsoft.Extensions.Options;
using WatchPhoto.Bus;
using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Tracking;

namespace WatchPhoto.Watcher.Libraries;

/// <summary>The registered libraries, as the indexer announces them, reach the tracker.</summary>
internal sealed class LibrariesAnnouncedConsumer(TrackerService tracker) : IConsumer<LibrariesAnnounced>
{
    public Task Consume(ConsumeContext<LibrariesAnnounced> context)
    {
        var libraries = context.Message.Libraries;
        tracker.Post(each => each.Announced(libraries));
        return Task.CompletedTask;
    }
}

internal sealed class LibrariesAnnouncedConsumerDefinition : ConsumerDefinition<LibrariesAnnouncedConsumer>
{
    public LibrariesAnnouncedConsumerDefinition(IOptions<WatcherOptions> options) =>
        EndpointName = QueueShapes.OwnQueueName(BusNames.WatcherQueuePrefix, options.Value.Host);

    protected override void ConfigureConsumer(
        IReceiveEndpointConfigurator endpointConfigurator, IConsumerConfigurator<LibrariesAnnouncedConsumer> consumerConfigurator,
        IRegistrationContext context) => endpointConfigurator.IsOfThisProcess();
}
