using MassTransit;
using WatchPhoto.Contracts;

namespace WatchPhoto.Indexer.Previewing;

/// <summary>Brings a watcher's answer to whoever waits for it in this process.</summary>
internal sealed class LibraryPreviewedConsumer(LibraryPreviews previews) : IConsumer<LibraryPreviewed>
{
    public Task Consume(ConsumeContext<LibraryPreviewed> context)
    {
        previews.Take(context.Message);
        return Task.CompletedTask;
    }
}
