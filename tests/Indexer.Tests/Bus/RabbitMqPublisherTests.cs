using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using MassTransit;
using Microsoft.Extensions.Options;
using WatchPhoto.Bus;
using WatchPhoto.Testing;

namespace WatchPhoto.Indexer.Tests.Bus;

/// <summary>A client that keeps the thread that publishes, or the one that cancels, keeps no publisher.</summary>
public class RabbitMqPublisherTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_keeps_a_thread_keeps_no_publisher(bool atOnce)
    {
        using var end = new ManualResetEventSlim();
        var bus = DispatchProxy.Create<IBus, StuckBus>();
        ((StuckBus)(object)bus).Publishing = cancellationToken =>
        {
            if (atOnce)
                end.Wait(CancellationToken.None);
            cancellationToken.Register(() => end.Wait(CancellationToken.None));
        };
        var publisher = new RabbitMqPublisher(bus, Options.Create(new BusOptions { PublishTimeout = TimeSpan.FromSeconds(1) }));

        var publishing = Task.Run(
            () => publisher.PublishAsync(
                Messages.Of(Messages.Created("a.jpg")), CancellationToken.None), TestContext.Current.CancellationToken);
        await Wait.UntilAsync(() => publishing.IsCompleted);
        Assert.False(end.IsSet);
        await Assert.ThrowsAsync<TimeoutException>(() => publishing);
        end.Set();
    }

    [SuppressMessage("Performance", "CA1852", Justification = "DispatchProxy makes a class that derives from it.")]
    private class StuckBus : DispatchProxy
    {
        public Action<CancellationToken> Publishing { get; set; } = _ => { };

        protected override object Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            Publishing(args!.OfType<CancellationToken>().Single());
            return new TaskCompletionSource().Task;
        }
    }
}
