using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using WatchPhoto.Bus;
using WatchPhoto.Contracts;

namespace WatchPhoto.Indexer.Tests.Bus;

public class InMemoryBusTests
{
    [Fact]
    public async Task Publishing_completes_when_the_consumer_has_taken_the_message_and_not_before()
    {
        var taking = new TaskCompletionSource();
        var mayTake = new TaskCompletionSource();
        await using var bus = await RunningBus.StartAsync(async _ =>
        {
            taking.SetResult();
            await mayTake.Task;
        });

        var publishing = bus.PublishAsync(Messages.Of(Messages.Created("a.jpg")));
        await taking.Task;
        Assert.False(publishing.IsCompleted);

        mayTake.SetResult();
        await publishing;
    }

    [Fact]
    public async Task Publishing_completes_when_the_consumer_has_refused_the_message()
    {
        await using var bus = await RunningBus.StartAsync(_ => throw new InvalidOperationException("It is refused."));
        await bus.PublishAsync(Messages.Of(Messages.Created("a.jpg")));
    }

    [Fact]
    public async Task The_consumer_gets_the_message_itself_and_not_a_copy()
    {
        FileEvents? taken = null;
        await using var bus = await RunningBus.StartAsync(message => { taken = message; return Task.CompletedTask; });
        var published = Messages.Of(Messages.Created("a.jpg"));
        await bus.PublishAsync(published);
        Assert.Same(published, taken);
    }

    [Fact]
    public async Task Publishing_may_start_before_the_bus_does()
    {
        int taken = 0;
        await using var bus = RunningBus.Create(_ => { taken++; return Task.CompletedTask; });
        var publishing = bus.PublishAsync(Messages.Of(Messages.Created("a.jpg")));
        Assert.False(publishing.IsCompleted);

        await bus.StartAsync();
        await publishing;
        Assert.Equal(1, taken);
    }

    [Fact]
    public async Task What_is_refused_is_told_of_with_its_reason()
    {
        await using var indexer = await LiveIndexer.StartAsync();
        await indexer.PublishAsync(Messages.Of(Messages.Created("a.jpg")));
        Assert.Contains(indexer.Log.Lines, line => line.Contains("failed: There is no library 'photos'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_stop_in_the_middle_of_everything_is_quiet()
    {
        for (int i = 0; i < 5; i++)
        {
            await using var indexer = await LiveIndexer.StartAsync(
                new Dictionary<string, string?> { ["Indexer:AnnouncementInterval"] = "00:00:00.100" });
            await (await indexer.ReadyAsync()).RegisterAsync();
            await indexer.StopAsync();
            Assert.DoesNotContain(indexer.Log.Lines, line => !line.StartsWith("Information", StringComparison.Ordinal));
        }
    }

    private sealed class RunningBus(IHost host) : IAsyncDisposable
    {
        public static RunningBus Create(Func<FileEvents, Task> consume)
        {
            var builder = Host.CreateEmptyApplicationBuilder(null);
            builder.AddBus(bus => bus.AddHandler<FileEvents>(context => consume(context.Message)));
            return new RunningBus(builder.Build());
        }

        public static async Task<RunningBus> StartAsync(Func<FileEvents, Task> consume)
        {
            var bus = Create(consume);
            await bus.StartAsync();
            return bus;
        }

        public Task StartAsync() => host.StartAsync(TestContext.Current.CancellationToken);

        public Task PublishAsync(FileEvents message) =>
            host.Services.GetRequiredService<IConfirmedPublisher>().PublishAsync(message, TestContext.Current.CancellationToken);

        public async ValueTask DisposeAsync()
        {
            await host.StopAsync(CancellationToken.None);
            await ((IAsyncDisposable)host).DisposeAsync();
        }
    }
}
