using System.Threading.Channels;
using MassTransit;
using WatchPhoto.Contracts;

namespace WatchPhoto.Standalone;

/// <summary>
/// The changes as they arrive in the catalog, for a person to read. Nobody waits for the reader: what comes faster than
/// it can be shown is only counted.
/// </summary>
internal sealed class ChangeFeed : IConsumeObserver
{
    private const int Capacity = 2000;

    private readonly Channel<FileEvent> _changes = Channel.CreateBounded<FileEvent>(Capacity);
    private HashSet<string> _shown = [];
    private long _missed;

    public ChannelReader<FileEvent> Changes => _changes.Reader;

    /// <summary>From here on the changes of this library are told.</summary>
    public void Show(string libraryId) => Volatile.Write(ref _shown, [.. _shown, libraryId]);

    /// <summary>How many were left out since this was last asked.</summary>
    public long TakeMissed() => Interlocked.Exchange(ref _missed, 0);

    public Task PreConsume<T>(ConsumeContext<T> context)
        where T : class => Task.CompletedTask;

    public Task PostConsume<T>(ConsumeContext<T> context)
        where T : class
    {
        if (context.Message is FileEvents message && Volatile.Read(ref _shown).Contains(message.LibraryId))
        {
            foreach (var change in message.Events)
            {
                if (!_changes.Writer.TryWrite(change))
                    Interlocked.Increment(ref _missed);
            }
        }

        return Task.CompletedTask;
    }

    public Task ConsumeFault<T>(ConsumeContext<T> context, Exception exception)
        where T : class => Task.CompletedTask;
}
