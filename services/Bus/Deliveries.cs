using System.Collections.Concurrent;
using MassTransit;

namespace WatchPhoto.Bus;

/// <summary>Which of this process's queues messages come from, and of which some are being worked on.</summary>
internal sealed class Deliveries : IReceiveObserver
{
    private readonly ConcurrentDictionary<string, OfQueue> _queues = new();

    /// <summary>Whether nothing has come from a queue since this was last taken, and nothing of it is being worked on.</summary>
    public bool TakeRested(string queue)
    {
        var of = _queues.GetOrAdd(queue, _ => new OfQueue());
        bool hasCome = Interlocked.Exchange(ref of.Come, 0) > 0;
        return !hasCome && Volatile.Read(ref of.InWork) == 0;
    }

    public Task PreReceive(ReceiveContext context)
    {
        var of = _queues.GetOrAdd(NameOf(context), _ => new OfQueue());
        Interlocked.Increment(ref of.Come);
        Interlocked.Increment(ref of.InWork);
        return Task.CompletedTask;
    }

    public Task PostReceive(ReceiveContext context) => EndsAsync(context);

    public Task ReceiveFault(ReceiveContext context, Exception exception) => EndsAsync(context);

    public Task PostConsume<T>(ConsumeContext<T> context, TimeSpan duration, string consumerType)
        where T : class => Task.CompletedTask;

    public Task ConsumeFault<T>(ConsumeContext<T> context, TimeSpan duration, string consumerType, Exception exception)
        where T : class => Task.CompletedTask;

    private static string NameOf(ReceiveContext context) => context.InputAddress.Segments[^1];

    private Task EndsAsync(ReceiveContext context)
    {
        if (_queues.TryGetValue(NameOf(context), out var of))
            Interlocked.Decrement(ref of.InWork);
        return Task.CompletedTask;
    }

    private sealed class OfQueue
    {
        public int Come;
        public int InWork;
    }
}
