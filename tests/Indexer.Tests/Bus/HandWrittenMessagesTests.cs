using WatchPhoto.Contracts;
using WatchPhoto.Testing;

namespace WatchPhoto.Indexer.Tests.Bus;

/// <summary>Messages that a person writes, breaks and repairs on RabbitMQ's management page.</summary>
public class HandWrittenMessagesTests(TestServers fixture)
{
    private const string Photo = "0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c11";

    private static string Good => $$$"""
        {"libraryId":"photos","epoch":1,"host":"nas","events":[{"kind":"created","version":{{{Messages.Now}}},"path":"2026/a.jpg",
        "photoId":"{{{Photo}}}",
        "file":{"size":1234,"modifiedAt":"2026-01-02T03:04:05Z","inode":42}}]}
        """;

    [Theory]
    [InlineData(null)]
    [InlineData("application/json")]
    [InlineData("text/plain")]
    [InlineData("application/vnd.masstransit+json")]
    [InlineData("whatever")]
    public async Task A_message_without_headers_is_applied_whatever_it_says_its_content_is(string? contentType)
    {
        var broker = await Broker.CreateAsync(fixture);
        await using var indexer = await StartAsync(broker);
        await broker.PublishFileEventsAsync(Good, contentType is null ? null : new { content_type = contentType });
        await Wait.UntilAsync(async () => (await indexer.PathsAsync()).Count == 1);
        Assert.Equal(Photo, (await indexer.PhotosAsync()).Single().GetProperty("photoId").GetString());
    }

    [Fact]
    public async Task Fields_that_nobody_knows_are_no_harm()
    {
        var broker = await Broker.CreateAsync(fixture);
        await using var indexer = await StartAsync(broker);
        await broker.PublishFileEventsAsync(
            Good.Replace("\"epoch\"", "\"extra\":{\"a\":[1]},\"epoch\"", StringComparison.Ordinal)
                .Replace("\"kind\"", "\"more\":null,\"kind\"", StringComparison.Ordinal));
        await Wait.UntilAsync(async () => (await indexer.PathsAsync()).Count == 1);
    }

    [Fact]
    public async Task The_same_message_ten_times_changes_nothing_after_the_first()
    {
        var broker = await Broker.CreateAsync(fixture);
        await using var indexer = await StartAsync(broker);
        string message = Good;
        for (int i = 0; i < 10; i++)
            await broker.PublishFileEventsAsync(message);
        string other = Good.Replace("a.jpg", "b.jpg", StringComparison.Ordinal);
        await broker.PublishFileEventsAsync(other);
        await Wait.UntilAsync(async () => (await indexer.PathsAsync()).Contains("2026/b.jpg"));
        Assert.Equal(["2026/a.jpg", "2026/b.jpg"], await indexer.PathsAsync());
    }

    /// <summary>What is put in place of what, and what the error queue then says of it.</summary>
    public static TheoryData<string, string, string> Broken
    {
        get
        {
            long tomorrow = Messages.Now + (25L * 3600 * 1_000_000);
            return new()
            {
                { "*", "this is not JSON", "The message is not JSON: " },
                { "*", "", "The message is empty." },
                { "*", "[]", "The message is JSON, but not an object." },
                { "*", "null", "The message is JSON, but not an object." },
                { "*", "{}", "The message is no FileEvents: it lacks 'libraryId', 'epoch', 'host', 'events'." },
                { "\"libraryId\"", "\"library\"", "The message is no FileEvents: it lacks 'libraryId'." },
                { "\"epoch\"", "\"epic\"", "The message is no FileEvents: it lacks 'epoch'." },
                { "\"host\"", "\"ghost\"", "The message is no FileEvents: it lacks 'host'." },
                { "\"events\"", "\"event\"", "The message is no FileEvents: it lacks 'events'." },
                { "\"kind\"", "\"kin\"", "The message is no FileEvents: events[0] lacks 'kind'." },
                { "\"version\"", "\"versions\"", "The message is no FileEvents: events[0] lacks 'version'." },
                { "\"path\"", "\"pat\"", "The message is no FileEvents: events[0] lacks 'path'." },
                { "\"photoId\"", "\"photo_id\"", "events[0] lacks the photoId." },
                { "\"file\"", "\"files\"", "events[0] lacks the file: its size, modifiedAt and inode." },
                { "\"size\"", "\"sizes\"", "The message is no FileEvents: events[0].file lacks 'size'." },
                { "\"modifiedAt\"", "\"modified\"", "The message is no FileEvents: events[0].file lacks 'modifiedAt'." },
                { "\"inode\"", "\"node\"", "The message is no FileEvents: events[0].file lacks 'inode'." },
                { "\"created\"", "\"moved\"", "events[0] is a move without oldPath." },
                { "\"created\"", "\"copied\"", "The message is no FileEvents: events[0].kind does not have a value that fits." },
                { "\"created\"", "99", "The message is no FileEvents: events[0].kind does not have a value that fits." },
                { "\"photos\"", "null", "The message is no FileEvents: libraryId does not have a value that fits." },
                { "\"photos\"", "\"\"", "The libraryId is empty." },
                { "\"nas\"", "\"\"", "The host is empty." },
                { "\"epoch\":1", "\"epoch\":\"1\"", "The message is no FileEvents: epoch does not have a value that fits." },
                { "\"epoch\":1", "\"epoch\":0", "The epoch is 0, but epochs start at 1." },
                { "\"epoch\":1", "\"epoch\":2", "The library 'photos' has epoch 1; the message says 2." },
                { "\"inode\":42", "\"inode\":-1", "The message is no FileEvents: events[0].file.inode does not have a value that fits." },
                {
                    "\"inode\":42", "\"inode\":\"-1\"",
                    "The message is no FileEvents: events[0].file.inode does not have a value that fits."
                },
                {
                    "\"inode\":42", "\"inode\":\"many\"",
                    "The message is no FileEvents: events[0].file.inode does not have a value that fits."
                },
                { "\"size\":1234", "\"size\":-1", "events[0] has a file of a negative size." },
                {
                    "2026-01-02T03:04:05Z", "yesterday",
                    "The message is no FileEvents: events[0].file.modifiedAt does not have a value that fits."
                },
                { Photo, "seven", "The message is no FileEvents: events[0].photoId does not have a value that fits." },
                { Photo, Guid.Empty.ToString(), "events[0] has an empty photoId." },
                { "2026/a.jpg", "../a.jpg", "events[0] has a path that has the component '..'." },
                { "2026/a.jpg", "2026/../../a.jpg", "events[0] has a path that has the component '..'." },
                { "2026/a.jpg", "/a.jpg", "events[0] has a path that starts with a slash" },
                { "2026/a.jpg", "", "events[0] has a path that is empty." },
                { "2026/a.jpg", "2026/a\\u0000.jpg", "events[0] has a path that has a NUL character." },
                {
                    "\"version\":", $"\"version\":{tomorrow},\"x\":",
                    $"events[0] has the version {tomorrow}, more than a day ahead of now: set the clock of its host right."
                },
                { "\"version\":", "\"version\":0,\"x\":", "events[0] has the version 0; versions are microseconds since 1970." },
                { "\"photos\"", "\"never\"", "There is no library 'never': register it, then move the message back." },
            };
        }
    }

    [Fact]
    public async Task What_is_no_message_ends_in_the_error_queue_with_its_reason_and_stops_nothing()
    {
        var broker = await Broker.CreateAsync(fixture);
        await using var indexer = await StartAsync(broker);
        foreach (var (part, instead, reason) in Broken.Select(row => row.Data))
        {
            string broken = part == "*" ? instead : Good.Replace(part, instead, StringComparison.Ordinal);
            Assert.NotEqual(Good, broken);
            await broker.PublishFileEventsAsync(broken);
            var refused = await broker.TakeOneAsync(BusNames.IndexerErrorQueue);
            Assert.Equal(broken, refused.Body);
            Assert.StartsWith(reason, refused.Reason, StringComparison.Ordinal);
        }

        await broker.PublishFileEventsAsync(Good.Replace("]}", ",null]}", StringComparison.Ordinal));
        Assert.Equal("events[1] is null.", (await broker.TakeOneAsync(BusNames.IndexerErrorQueue)).Reason);
        await broker.PublishFileEventsAsync("""{"libraryId":"photos","epoch":1,"host":"nas","events":[]}""");
        Assert.Equal("The message has 0 events; it must have 1 to 200.", (await broker.TakeOneAsync(BusNames.IndexerErrorQueue)).Reason);

        Assert.Empty(await indexer.PathsAsync());
        await broker.PublishFileEventsAsync(Good);
        await Wait.UntilAsync(async () => (await indexer.PathsAsync()).Count == 1);
    }

    [Fact]
    public async Task What_would_not_fit_into_a_header_ends_in_the_error_queue_and_stops_nothing()
    {
        var broker = await Broker.CreateAsync(fixture);
        await using var indexer = await StartAsync(broker);
        // Each would make the headers of the refused message larger than a frame: the connection would be closed, again and again.
        string[] large =
        [
            Good.Replace("\"photos\"", $"\"{new string('x', 200_000)}\"", StringComparison.Ordinal),
            Good.Replace("\"host\":\"nas\"", $"\"host\":\"{new string('x', 200_000)}\"", StringComparison.Ordinal),
            Good.Replace("2026/a.jpg", "../" + new string('x', 200_000), StringComparison.Ordinal),
            new string('x', 900_000),
            Good.Replace("\"epoch\"", $"\"{new string('x', 200_000)}\":1,\"epoch\":1,\"epoch\"", StringComparison.Ordinal),
            "{\"more\":\"" + new string('x', 1_100_000) + "\"}",
        ];
        foreach (string message in large)
        {
            await broker.PublishFileEventsAsync(message);
            Assert.InRange((await broker.TakeOneAsync(BusNames.IndexerErrorQueue)).Reason.Length, 1, 500);
        }

        // What it brings along in headers of its own.
        await broker.PublishFileEventsAsync("{}", new { headers = new { more = new string('x', 126_000), kept = "yes" } });
        var refused = await broker.TakeOneAsync(BusNames.IndexerErrorQueue);
        Assert.Equal("yes", refused.Headers["kept"]);
        Assert.False(refused.Headers.ContainsKey("more"));

        await broker.PublishFileEventsAsync(Good);
        await Wait.UntilAsync(async () => (await indexer.PathsAsync()).Count == 1);
    }

    [Fact]
    public async Task A_message_moved_back_from_the_error_queue_is_applied()
    {
        var broker = await Broker.CreateAsync(fixture);
        await using var indexer = await LiveIndexer.StartAsync(broker.Settings);
        await indexer.ReadyAsync();
        await broker.PublishFileEventsAsync(Good);
        await Wait.UntilAsync(async () => (await broker.ReadAsync(BusNames.IndexerErrorQueue)).Count > 0);

        await indexer.RegisterAsync();
        await broker.MoveMessagesAsync(BusNames.IndexerErrorQueue, BusNames.IndexerQueue);
        await Wait.UntilAsync(async () => (await indexer.PathsAsync()).Count == 1);
        Assert.Empty(await broker.ReadAsync(BusNames.IndexerErrorQueue, keep: false));
    }

    [Fact]
    public async Task Only_the_documented_exchanges_and_queues_appear()
    {
        var broker = await Broker.CreateAsync(fixture);
        await using var indexer = await StartAsync(broker);
        await broker.PublishFileEventsAsync("broken");
        await broker.TakeOneAsync(BusNames.IndexerErrorQueue);
        await indexer.PublishAsync(new WatcherReport
        {
            Host = "nas", StateId = Guid.CreateVersion7(), RunId = Guid.NewGuid(), SentAt = DateTimeOffset.UtcNow, WatchesUsed = 1,
            WatchesLimit = 2, PendingOutbox = 3, Libraries = [],
        });

        string[] queues =
            [BusNames.IndexerQueue, BusNames.HistoryStream, BusNames.CatalogPartRequestsQueue, BusNames.WatcherReportsQueue,
             BusNames.IndexerErrorQueue];
        Assert.Equal(queues.Order(StringComparer.Ordinal), Shared(await broker.QueuesAsync()));
        // A queue has an exchange of its own name before it.
        string[] exchanges =
            [.. queues, BusNames.FileEventsExchange, BusNames.LibrariesExchange, BusNames.WatcherReportsExchange,
             BusNames.CatalogPartRequestsExchange, BusNames.LibraryPreviewsExchange];
        Assert.Equal(exchanges.Order(StringComparer.Ordinal), Shared(await broker.ExchangesAsync()));

        // Beside what the indexer has for itself.
        static IEnumerable<string> Shared(IReadOnlyList<string> names)
        {
            var own = Assert.Single(names, name => name.StartsWith(BusNames.IndexerPreviewsQueuePrefix, StringComparison.Ordinal));
            return names.Where(name => name != own);
        }
    }

    private static async Task<LiveIndexer> StartAsync(Broker broker)
    {
        var indexer = await LiveIndexer.StartAsync(broker.Settings);
        await (await indexer.ReadyAsync()).RegisterAsync();
        return indexer;
    }
}
