using System.Collections.Concurrent;
using MassTransit;

namespace WatchPhoto.Bus;

/// <summary>The messages that <see cref="InMemoryPublisher"/> waits for, apart from it because the bus needs its observers first.</summary>
internal sealed class MessagesInFlight : IReceiveObserver
{
    private readonly ConcurrentDictionary<Guid, TaskCompletionSource> _messages = new();

    public Task Add(Guid messageId) =>
        (_messages[messageId] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void Remove(Guid messageId) => _messages.TryRemove(messageId, out _);

    public Task PreReceive(ReceiveContext context) => Task.CompletedTask;

    public Task PostReceive(ReceiveContext context) => Taken(context.GetMessageId());

    public Task ReceiveFault(ReceiveContext context, Exception exception) => Taken(context.GetMessageId());

    public Task PostConsume<T>(ConsumeContext<T> context, TimeSpan duration, string consumerType)
        where T : class => Task.CompletedTask;

    public Task ConsumeFault<T>(ConsumeContext<T> context, TimeSpan duration, string consumerType, Exception exception)
        where T : class => Task.CompletedTask;

    private Task Taken(Guid? messageId)
    {
        if (messageId is { } id && _messages.TryGetValue(id, out var taken))
            taken.TrySetResult();
        return Task.CompletedTask;
    }
}
