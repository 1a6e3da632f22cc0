using System.Diagnostics;
using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using WatchPhoto.Bus;
using WatchPhoto.Contracts;
using WatchPhoto.Testing;

namespace WatchPhoto.Indexer.Tests.Bus;

/// <summary>Broker or database killed or frozen: nothing is lost, nothing hangs, and it is said once.</summary>
public class OutagesTests(OwnServers fixture) : IClassFixture<OwnServers>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_published_before_any_indexer_ever_ran_waits_for_the_first()
    {
        var broker = await Broker.CreateAsync(fixture);
        await using (var publisher = await StartPublisherAsync(broker))
            await publisher.PublishAsync(Messages.Of(Messages.Created("a.jpg")));

        await using var indexer = await LiveIndexer.StartAsync(broker.Settings);
        // The library is not registered yet, so the message waits in the error queue in its turn.
        await indexer.ReadyAsync();
        Assert.StartsWith("There is no library", (await broker.TakeOneAsync(BusNames.IndexerErrorQueue)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_frozen_broker_keeps_no_publisher_waiting_for_ever()
    {
        var servers = await fixture.StartFaultableAsync();
        var broker = await Broker.CreateAsync(fixture);
        await using var publisher = await StartPublisherAsync(broker);
        await publisher.PublishAsync(Messages.Of(Messages.Created("a.jpg")));

        await servers.RabbitMq.StopAsync(Cancellation);
        try
        {
            long started = Stopwatch.GetTimestamp();
            using var queue = new RunQueue(Environment.ProcessId);
            await Assert.ThrowsAsync<TimeoutException>(() => publisher.PublishOnceAsync(Messages.Of(Messages.Created("b.jpg"))));
            var took = Stopwatch.GetElapsedTime(started);
            Assert.InRange(took - queue.Waited, TimeSpan.MinValue, TimeSpan.FromSeconds(10));
        }
        finally
        {
            await servers.RabbitMq.ContinueAsync(Cancellation);
        }

        await publisher.PublishAsync(Messages.Of(Messages.Created("b.jpg")));
    }

    [Fact]
    public async Task A_broker_that_is_away_at_the_start_is_said_once_and_waited_for()
    {
        var servers = await fixture.StartFaultableAsync();
        var broker = await Broker.CreateAsync(fixture);
        await servers.RabbitMq.KillAsync(Cancellation);
        await using var indexer = await LiveIndexer.StartAsync(broker.Settings);
        await Wait.UntilAsync(() => Said(indexer, "does not answer") == 1);
        using (var ready = await indexer.Http.GetAsync(new Uri("/health/ready", UriKind.Relative), Cancellation))
            Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        await indexer.RegisterAsync();

        await servers.RabbitMq.StartAsync(Cancellation);
        await indexer.ReadyAsync();
        await indexer.PublishAsync(Messages.Of(Messages.Created("a.jpg")));
        await Wait.UntilAsync(async () => (await indexer.PathsAsync()).Count == 1);
        Assert.Equal(1, Said(indexer, "does not answer"));
        Assert.Equal(1, Said(indexer, "answers again"));
        Assert.DoesNotContain(indexer.Log.Lines, line => line.Contains("   at ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_broker_that_is_killed_loses_nothing()
    {
        var servers = await fixture.StartFaultableAsync();
        var broker = await Broker.CreateAsync(fixture);
        // Not a quorum queue: killed within a second of its making, RabbitMQ comes back without what it has confirmed there. Nor a
        // stream, which it does not find again then, and refuses every message for.
        var settings = new Dictionary<string, string?>(Impatient(broker))
        {
            ["Bus:QueueType"] = nameof(QueueType.Classic), ["Bus:HistoryAge"] = TimeSpan.Zero.ToString(),
        };
        await using var indexer = await LiveIndexer.StartAsync(settings);
        await (await indexer.ReadyAsync()).RegisterAsync();

        string[] paths = [.. Enumerable.Range(0, 200).Select(number => $"{number:D3}.jpg")];
        var publishing = Task.WhenAll(paths.Select(async path =>
        {
            while (true)
            {
                try
                {
                    await indexer.PublishAsync(Messages.Of(Messages.Created(path)));
                    return;
                }
                catch (Exception exception) when (exception is TimeoutException or MassTransitException)
                {
                    // As the watcher does: the same message again.
                }
            }
        }));
        await servers.RabbitMq.RestartAsync(Cancellation);
        await publishing;
        await Wait.UntilAsync(async () => (await indexer.PathsAsync()).SequenceEqual(paths));
    }

    [Fact]
    public async Task A_database_that_is_away_at_the_start_is_said_once_and_waited_for()
    {
        var servers = await fixture.StartFaultableAsync();
        await servers.MongoDb.KillAsync(Cancellation);
        await using var indexer = await LiveIndexer.StartAsync(Database(servers));
        await Wait.UntilAsync(() => Said(indexer, "database does not answer") == 1);
        using (var libraries = await indexer.Http.GetAsync(new Uri("/api/libraries", UriKind.Relative), Cancellation))
            Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, libraries.StatusCode);

        await servers.MongoDb.StartAsync(Cancellation);
        await (await indexer.ReadyAsync()).RegisterAsync();
        Assert.Equal(1, Said(indexer, "database does not answer"));
        Assert.Equal(1, Said(indexer, "database answers again"));
    }

    [Fact]
    public async Task Messages_wait_for_the_database_and_none_goes_to_the_error_queue()
    {
        var servers = await fixture.StartFaultableAsync();
        var broker = await Broker.CreateAsync(fixture);
        var settings = Database(servers).Concat(broker.Settings).ToDictionary();
        await using (var indexer = await LiveIndexer.StartAsync(settings))
        {
            await (await indexer.ReadyAsync()).RegisterAsync();
            await indexer.PublishAsync(Messages.Of(Messages.Created("before.jpg")));
            await Wait.UntilAsync(async () => (await indexer.PathsAsync()).Count == 1);

            int saidBefore = Said(indexer, "database does not answer");
            await servers.MongoDb.KillAsync(Cancellation);
            for (int i = 0; i < 20; i++)
                await indexer.PublishAsync(Messages.Of(Messages.Created($"during-{i:D2}.jpg")));
            await Wait.UntilAsync(() => Said(indexer, "database does not answer") > saidBefore);
            // Stopped while they wait, it gives them back.
        }

        await servers.MongoDb.StartAsync(Cancellation);
        await using var next = await LiveIndexer.StartAsync(settings);
        await next.ReadyAsync();
        await Wait.UntilAsync(async () => (await next.PathsAsync()).Count == 21);
        Assert.Empty(await broker.ReadAsync(BusNames.IndexerErrorQueue, keep: false));
    }

    private static int Said(LiveIndexer indexer, string words) =>
        indexer.Log.Lines.Count(line => line.Contains(words, StringComparison.Ordinal));

    // For tests that publish again what was not confirmed.
    private static Dictionary<string, string?> Impatient(Broker broker) => new(broker.Settings)
    {
        ["Bus:PublishTimeout"] = "00:00:02",
    };

    private static Dictionary<string, string?> Database(RunningServers servers) => new()
    {
        ["ConnectionStrings:MongoDb"] =
            $"{servers.MongoDb.ConnectionString}{servers.CreateDatabaseName()}?serverSelectionTimeoutMS=2000&connectTimeoutMS=2000",
    };

    private static async Task<Publisher> StartPublisherAsync(Broker broker)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(Impatient(broker));
        builder.Logging.ClearProviders();
        builder.AddBus(_ => { });
        var host = builder.Build();
        await host.StartAsync(Cancellation);
        return new Publisher(host);
    }

    private sealed class Publisher(IHost host) : IAsyncDisposable
    {
        /// <summary>As the watcher does: until it is confirmed.</summary>
        public Task PublishAsync(FileEvents message) => Wait.UntilAsync(() => TryPublishAsync(message));

        public Task PublishOnceAsync(FileEvents message) =>
            host.Services.GetRequiredService<IConfirmedPublisher>().PublishAsync(message, Cancellation);

        private async Task<bool> TryPublishAsync(FileEvents message)
        {
            try
            {
                await PublishOnceAsync(message);
                return true;
            }
            catch (Exception exception) when (exception is TimeoutException or MassTransitException)
            {
                return false;
            }
        }

        public async ValueTask DisposeAsync()
        {
            await host.StopAsync(CancellationToken.None);
            await ((IAsyncDisposable)host).DisposeAsync();
        }
    }
}
