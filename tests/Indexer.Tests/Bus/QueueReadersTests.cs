using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RabbitMQ.Client;
using WatchPhoto.Bus;
using WatchPhoto.Contracts;
using WatchPhoto.Hosting;
using WatchPhoto.Testing;

namespace WatchPhoto.Indexer.Tests.Bus;

/// <summary>A queue whose reader is gone is found by asking the broker, and the process starts anew.</summary>
public sealed class QueueReadersTests(TestServers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Queues_that_nobody_reads_and_those_that_are_gone_are_told_from_those_that_are_read()
    {
        var broker = await Broker.CreateAsync(servers);
        await using var readers = new QueueReaders(Factory(broker), new Deliveries());
        string[] queues = [BusNames.IndexerQueue, BusNames.WatcherReportsQueue];
        Assert.Equal(queues, await readers.FindUnreadAsync(queues, Cancellation));

        await using (var indexer = await LiveIndexer.StartAsync(broker.Settings))
        {
            await indexer.ReadyAsync();
            Assert.Empty(await readers.FindUnreadAsync(queues, Cancellation));
        }

        Assert.Equal(queues, await readers.FindUnreadAsync(queues, Cancellation));
        await broker.DeleteAsync(BusNames.IndexerQueue);
        Assert.Equal(queues, await readers.FindUnreadAsync(queues, Cancellation));
    }

    [Fact]
    public async Task A_process_whose_bus_takes_a_queue_for_read_that_nobody_reads_asks_to_be_started_again()
    {
        var broker = await Broker.CreateAsync(servers);
        // Where it asks, nobody reads: as when a reader was lost and the bus has not heard of it.
        var elsewhere = await Broker.CreateAsync(servers);
        int before = Environment.ExitCode;
        try
        {
            await using var indexer = await LiveIndexer.StartAsync(
                broker.Settings,
                services: services => services.AddSingleton(
                    provider => new QueueReaders(Factory(elsewhere), provider.GetRequiredService<Deliveries>())));
            var ending = indexer.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
            await Wait.UntilAsync(() => ending.IsCancellationRequested);
            Assert.Equal(Service.StartAgain, Environment.ExitCode);
            Assert.Single(indexer.Log.Lines, line => line.Contains("is not read, though", StringComparison.Ordinal));
        }
        finally
        {
            Environment.ExitCode = before;
        }
    }

    [Fact]
    public async Task A_queue_that_others_read_is_told_where_messages_wait_and_none_comes_here()
    {
        var broker = await Broker.CreateAsync(servers);
        await using (await (await LiveIndexer.StartAsync(broker.Settings)).ReadyAsync())
        {
            // It has made the queue.
        }

        await using var connection = await Factory(broker).CreateConnectionAsync(Cancellation);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        await channel.BasicQosAsync(0, prefetchCount: 1, global: false, Cancellation);
        await channel.BasicConsumeAsync(BusNames.IndexerQueue, autoAck: false, new AsyncDefaultBasicConsumer(channel), Cancellation);
        await using var readers = new QueueReaders(Factory(broker), new Deliveries());
        string[] queues = [BusNames.IndexerQueue];
        await Wait.UntilAsync(async () => (await readers.FindUnreadAsync(queues, Cancellation)).Count == 0);

        // That reader takes one and is not done with it.
        await broker.PublishFileEventsAsync("{}");
        await broker.PublishFileEventsAsync("{}");
        await Wait.UntilAsync(async () => (await readers.FindUnreadAsync(queues, Cancellation)).SequenceEqual(queues));
    }

    private static ConnectionFactory Factory(Broker broker) => new() { Uri = new Uri(broker.Settings["ConnectionStrings:RabbitMq"]!) };
}
