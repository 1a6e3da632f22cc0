using System.Threading.Channels;

namespace WatchPhoto.Watcher.Publishing;

/// <summary>Says that there may be messages in the outbox; any number of times counts as once.</summary>
internal sealed class OutboxSignal
{
    private readonly Channel<bool> _raised = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private volatile TaskCompletionSource? _held;

    /// <summary>Completes when what is in the outbox may be sent.</summary>
    public Task Opened => _held?.Task ?? Task.CompletedTask;

    /// <summary>Keeps what is in the outbox from being sent; before the publisher begins.</summary>
    public void Hold() => _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Lets it be sent, from now on.</summary>
    public void Open() => _held?.TrySetResult();

    public void Raise() => _raised.Writer.TryWrite(true);

    public async Task WaitAsync(CancellationToken cancellationToken) => await _raised.Reader.ReadAsync(cancellationToken);
}
