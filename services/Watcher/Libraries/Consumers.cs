using MassTransit;
using Microsoft.Extensions.Options;
using WatchPhoto.Bus;
using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Publishing;
using WatchPhoto.Watcher.Tracking;

namespace WatchPhoto.Watcher.Libraries;

/// <summary>The registered libraries, as the indexer announces them, reach the tracker.</summary>
internal sealed class LibrariesAnnouncedConsumer(TrackerService tracker, Rivals rivals) : IConsumer<LibrariesAnnounced>
{
    public Task Consume(ConsumeContext<LibrariesAnnounced> context)
    {
        rivals.See(context.Message.Hosts);
        var announced = context.Message;
        tracker.Post(each => each.Announced(announced.Libraries, announced.SentBy, announced.SentAt));
        return Task.CompletedTask;
    }
}

/// <summary>What a person, or the indexer, wants done with a library.</summary>
internal sealed class LibraryActionRequestedConsumer(TrackerService tracker, Prover prover) : IConsumer<LibraryActionRequested>
{
    public Task Consume(ConsumeContext<LibraryActionRequested> context)
    {
        var request = context.Message;
        if (request.Action == LibraryAction.Prove)
            prover.Ask(request.LibraryId);
        else
            tracker.Post(each => each.Act(request));
        return Task.CompletedTask;
    }
}

/// <summary>What the catalog holds of a library, when this watcher asked for it.</summary>
internal sealed class CatalogPartConsumer(TrackerService tracker) : IConsumer<CatalogPart>
{
    public Task Consume(ConsumeContext<CatalogPart> context)
    {
        var part = context.Message;
        tracker.Post(each => each.Take(part));
        return Task.CompletedTask;
    }
}

/// <summary>Each watcher has a queue of its own a message, which goes with it.</summary>
internal abstract class WatcherConsumerDefinition<TConsumer> : ConsumerDefinition<TConsumer>
    where TConsumer : class, IConsumer
{
    protected WatcherConsumerDefinition(string queuePrefix, IOptions<WatcherOptions> options) =>
        EndpointName = QueueShapes.OwnQueueName(queuePrefix, options.Value.Host);

    protected override void ConfigureConsumer(
        IReceiveEndpointConfigurator endpointConfigurator, IConsumerConfigurator<TConsumer> consumerConfigurator,
        IRegistrationContext context) => endpointConfigurator.UsePrivateQueue(context);
}

internal sealed class LibrariesAnnouncedConsumerDefinition(IOptions<WatcherOptions> options)
    : WatcherConsumerDefinition<LibrariesAnnouncedConsumer>(BusNames.WatcherQueuePrefix, options);

internal sealed class LibraryActionRequestedConsumerDefinition(IOptions<WatcherOptions> options)
    : WatcherConsumerDefinition<LibraryActionRequestedConsumer>(BusNames.WatcherActionsQueuePrefix, options);

internal sealed class CatalogPartConsumerDefinition(IOptions<WatcherOptions> options)
    : WatcherConsumerDefinition<CatalogPartConsumer>(BusNames.WatcherCatalogPartsQueuePrefix, options);
