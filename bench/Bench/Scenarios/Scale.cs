using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MongoDB.Driver;
using RabbitMQ.Client;
using WatchPhoto.Bench.Measuring;
using WatchPhoto.Bus;
using WatchPhoto.Contracts;

namespace WatchPhoto.Bench.Scenarios;

/// <summary>
/// How much faster more indexers are when the database is far away: each applies one message at a time, and behind them is a
/// proxy that adds to each request.
/// </summary>
internal sealed class Scale : Scenario
{
    private const string Library = "photos";
    private const string Rate = "events/s";
    private const string WorkAMessage = "CPU ms a message";
    // For each indexer.
    private const int Messages = 600;
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(20);
    private static readonly int[] Counts = [1, 2, 4];

    public override string Name => "scale";

    public override string Title => "Indexers and a database 20 ms away";

    public override string Measure => Rate;

    public override string Reference => Label(1);

    public override IReadOnlyList<Target> Targets => [new(Label(4), Rate, 3.5, Label(1), AtLeast: true)];

    public override Task<IReadOnlyList<Contender>> PrepareAsync(Workshop workshop) => Task.FromResult<IReadOnlyList<Contender>>(
        [.. Counts.Select(count => new Contender(Label(count), _ => MeasureAsync(workshop, count)))]);

    private static string Label(int count) => count == 1 ? "1 indexer" : string.Create(CultureInfo.InvariantCulture, $"{count} indexers");

    private static async Task<Measures> MeasureAsync(Workshop workshop, int count)
    {
        int messages = workshop.Scaled(Messages) * count;
        var servers = await workshop.ServersAsync();
        string broker = (await servers.CreateVirtualHostAsync()).ConnectionString;
        var url = new MongoUrlBuilder(servers.MongoDb.ConnectionString) { DatabaseName = servers.CreateDatabaseName() };
        await using var proxy = new DelayingProxy(new DnsEndPoint(url.Server.Host, url.Server.Port, AddressFamily.InterNetwork), Delay);
        using var client = servers.CreateMongoClient();
        url.Server = new MongoServerAddress(proxy.Address.Address.ToString(), proxy.Address.Port);

        var indexers = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => IndexerProcess.StartAsync(
            workshop, broker, url.ToString(), ("Indexer__ConcurrentMessages", "1"), ("Indexer__MessagesAhead", "2"))));
        try
        {
            await indexers[0].RegisterAsync(Library, "nowhere", "/photos");
            await PublishAsync(broker, messages);

            // The first half, in which the indexers' code is still being compiled, and the last tenth are left out.
            using var connection = await new ConnectionFactory { Uri = new Uri(broker) }.CreateConnectionAsync();
            using var channel = await connection.CreateChannelAsync();
            int from = await FallsToAsync(channel, messages / 2);
            var (watch, before) = (Stopwatch.StartNew(), Cpu(indexers));
            int left = await FallsToAsync(channel, messages / 10);
            var (elapsed, after) = (watch.Elapsed, Cpu(indexers));

            await FallsToAsync(channel, 0);
            return new Measures
            {
                [Rate] = (from - left) * FileEvents.MaxEvents / elapsed.TotalSeconds,
                [WorkAMessage] = (after - before).TotalMilliseconds / (from - left),
            };
        }
        finally
        {
            foreach (var indexer in indexers)
                await indexer.DisposeAsync();
            await client.DropDatabaseAsync(url.DatabaseName);
        }
    }

    private static TimeSpan Cpu(IEnumerable<IndexerProcess> indexers) =>
        indexers.Aggregate(TimeSpan.Zero, (sum, indexer) => sum + indexer.Process.Cpu);

    private static async Task PublishAsync(string broker, int messages)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["ConnectionStrings:RabbitMq"] = broker });
        builder.AddBus(_ => { });
        using var publisher = builder.Build();
        await publisher.StartAsync();
        var bus = publisher.Services.GetRequiredService<IConfirmedPublisher>();
        await Parallel.ForAsync(0, messages, new ParallelOptions { MaxDegreeOfParallelism = 100 },
            async (number, token) => await bus.PublishAsync(Message(number), token));
        await publisher.StopAsync();
    }

    private static FileEvents Message(int number)
    {
        long version = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1000;
        return new FileEvents
        {
            LibraryId = Library,
            Epoch = 1,
            Host = "nowhere",
            Events = [.. Enumerable.Range(0, FileEvents.MaxEvents).Select(i => new FileEvent
            {
                Kind = FileEventKind.Created,
                Version = version,
                Path = string.Create(CultureInfo.InvariantCulture, $"holidays/{2000 + number % 25}/{number:D5} somewhere by the sea/DSC_{i:D5}.jpg"),
                PhotoId = Guid.CreateVersion7(),
                File = new PhotoFile
                {
                    Size = 5_000_000 + i, Inode = (ulong)(number * FileEvents.MaxEvents + i),
                    ModifiedAt = FileTime.Parse("2026-11-23T06:25:06.015259640Z"), BirthTime = FileTime.Parse("2026-11-23T06:25:06.012437644Z"),
                },
            })],
        };
    }

    // Looks every few milliseconds, until so many messages wait in the queue or fewer.
    private static async Task<int> FallsToAsync(IChannel channel, int count)
    {
        while (true)
        {
            if (await channel.MessageCountAsync(BusNames.IndexerQueue) is var waiting && waiting <= count)
                return (int)waiting;
            await Task.Delay(20);
        }
    }
}
