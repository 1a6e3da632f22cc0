using MassTransit;
using Microsoft.Extensions.Options;
using WatchPhoto.Bus;
using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.State;

namespace WatchPhoto.Watcher.Previewing;

/// <summary>Answers what a library would hold, when it is this watcher that is asked.</summary>
internal sealed class LibraryPreviewRequestedConsumer(
    LibraryPreviewer previewer, StateDatabase state, IConfirmedPublisher publisher) : IConsumer<LibraryPreviewRequested>
{
    public async Task Consume(ConsumeContext<LibraryPreviewRequested> context)
    {
        if (context.Message.StateId != state.Id)
            return;
        var preview = await previewer.PreviewAsync(context.Message, context.CancellationToken);
        await publisher.PublishAsync(preview, context.CancellationToken);
    }
}

internal sealed class LibraryPreviewRequestedConsumerDefinition(IOptions<WatcherOptions> options)
    : WatcherConsumerDefinition<LibraryPreviewRequestedConsumer>(BusNames.WatcherPreviewRequestsQueuePrefix, options);
