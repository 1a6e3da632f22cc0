// How much faster do more indexers get, when the database is far away?
//
//   dotnet run -c Release --project bench/Scale [-- MESSAGES [MILLISECONDS [CONSUMERS...]]]
//
// MESSAGES of 200 new photos each (600) for each of 1, 2 and 4 CONSUMERS wait in the queue: these are processes of one indexer
// that applies one message at a time. The third column is how many times as fast as the first line that is; the last one, what an
// indexer itself has to do for a message, tells whether the machine had the cores for it. Between them and the database is a
// proxy that adds MILLISECONDS (20) to each request. Servers are found as by test.sh.
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MongoDB.Bson;
using MongoDB.Driver;
using RabbitMQ.Client;
using WatchPhoto.Bus;
using WatchPhoto.Contracts;
using WatchPhoto.Scale;
using WatchPhoto.Testing;

const string Library = "photos";
int messagesEach = Argument(0) ?? 600;
var delay = TimeSpan.FromMilliseconds(Argument(1) ?? 20);
int[] consumers = args.Length > 2 ? [.. args[2..].Select(each => int.Parse(each, CultureInfo.InvariantCulture))] : [1, 2, 4];

await using var servers = await TestServers.StartOwnAsync();
Console.WriteLine($"{messagesEach} messages of {FileEvents.MaxEvents} new photos for each consumer, {delay.TotalMilliseconds} ms added to each request to the database, {Environment.ProcessorCount} cores.");
Console.WriteLine("consumers   events/s   times one   ms of processor a message");
double one = 0;
foreach (int count in consumers)
{
    var (rate, work) = await MeasureAsync(count);
    one = one == 0 ? rate : one;
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count,9}   {rate,8:N0}   {rate / one,9:0.00}   {work.TotalMilliseconds,5:0.0}"));
}

async Task<(double Rate, TimeSpan Work)> MeasureAsync(int count)
{
    int messages = messagesEach * count;
    var host = await servers.CreateVirtualHostAsync();
    var url = new MongoUrlBuilder(servers.MongoDb.ConnectionString) { DatabaseName = servers.CreateDatabaseName() };
    await using var proxy = new DelayingProxy(new DnsEndPoint(url.Server.Host, url.Server.Port, System.Net.Sockets.AddressFamily.InterNetwork), delay);
    using var mongo = servers.CreateMongoClient();
    var registers = mongo.GetDatabase(url.DatabaseName).GetCollection<BsonDocument>("registers");
    url.Server = new MongoServerAddress(proxy.Address.Address.ToString(), proxy.Address.Port);

    var settings = new Dictionary<string, string>
    {
        ["ConnectionStrings__RabbitMq"] = host.ConnectionString,
        ["ConnectionStrings__MongoDb"] = url.ToString(),
        ["Urls"] = "http://127.0.0.1:0",
        ["Indexer__ConcurrentMessages"] = "1",
        ["Indexer__MessagesAhead"] = "2",
    };
    var indexers = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => Indexer.StartAsync(settings)));
    try
    {
        using var registered = await indexers[0].Api.PostAsJsonAsync("api/libraries", new { id = Library, name = Library, host = "nowhere", path = "/photos" });
        registered.EnsureSuccessStatusCode();
        await PublishAsync(host.ConnectionString, messages);

        // The first half, in which the indexers' code is still being compiled, and the last tenth are left out.
        using var connection = await new ConnectionFactory { Uri = new Uri(host.ConnectionString) }.CreateConnectionAsync();
        using var channel = await connection.CreateChannelAsync();
        int from = await FallsToAsync(channel, messages / 2);
        var (watch, before) = (Stopwatch.StartNew(), ProcessorTime(indexers));
        int left = await FallsToAsync(channel, messages / 10);
        var (elapsed, after) = (watch.Elapsed, ProcessorTime(indexers));

        await FallsToAsync(channel, 0);
        while (await registers.CountDocumentsAsync(new BsonDocument()) < messages * FileEvents.MaxEvents)
            await Task.Delay(100);
        return ((from - left) * FileEvents.MaxEvents / elapsed.TotalSeconds, (after - before) / (from - left));
    }
    finally
    {
        foreach (var indexer in indexers)
            await indexer.DisposeAsync();
    }
}

async Task PublishAsync(string broker, int messages)
{
    var builder = Host.CreateEmptyApplicationBuilder(null);
    builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["ConnectionStrings:RabbitMq"] = broker });
    builder.AddBus(_ => { });
    using var publisher = builder.Build();
    await publisher.StartAsync();
    var bus = publisher.Services.GetRequiredService<IConfirmedPublisher>();
    await Parallel.ForAsync(0, messages, new ParallelOptions { MaxDegreeOfParallelism = 100 }, async (number, token) => await bus.PublishAsync(Message(number), token));
    await publisher.StopAsync();
}

FileEvents Message(int number)
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
            Path = string.Create(CultureInfo.InvariantCulture, $"holidays/{2000 + (number % 25)}/{number:D5} somewhere by the sea/DSC_{i:D5}.jpg"),
            PhotoId = Guid.CreateVersion7(),
            File = new PhotoFile
            {
                Size = 5_000_000 + i, Inode = (ulong)((number * FileEvents.MaxEvents) + i),
                ModifiedAt = FileTime.Parse("2026-11-23T06:25:06.015259640Z"), BirthTime = FileTime.Parse("2026-11-23T06:25:06.012437644Z"),
            },
        })],
    };
}

// Looks every few milliseconds, until so many messages wait in the queue or fewer.
static async Task<int> FallsToAsync(IChannel channel, int count)
{
    while (true)
    {
        if (await channel.MessageCountAsync(BusNames.IndexerQueue) is var waiting && waiting <= count)
            return (int)waiting;
        await Task.Delay(20);
    }
}

static TimeSpan ProcessorTime(IEnumerable<Indexer> indexers) =>
    indexers.Aggregate(TimeSpan.Zero, (sum, indexer) => sum + indexer.ProcessorTime);

int? Argument(int index) => index < args.Length ? int.Parse(args[index], CultureInfo.InvariantCulture) : null;
