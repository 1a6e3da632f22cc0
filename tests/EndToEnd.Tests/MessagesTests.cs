using System.Globalization;
using System.Text.Json.Nodes;
using WatchPhoto.Contracts;
using WatchPhoto.EndToEnd.Tests.Harness;
using WatchPhoto.Testing;

namespace WatchPhoto.EndToEnd.Tests;

/// <summary>Messages that a person wrote or moved in RabbitMQ's management, good and bad ones.</summary>
public sealed class MessagesTests(MessagesTests.Pair pair) : IClassFixture<MessagesTests.Pair>, IAsyncLifetime
{
    // Whose libraries nobody corrects.
    private const string HostWithoutWatcher = "nowhere";
    private const string Reason = "MT-Fault-Message";

    private Installation Installation => pair.Installation;

    private Broker Broker => pair.Installation.Broker;

    public async ValueTask InitializeAsync() => await Installation.MendAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_message_written_by_hand_is_applied()
    {
        var library = await RegisterAsync();

        await PublishAsync(Created(library.Id, "by hand.jpg"));

        await HasPhotosAsync(library, "by hand.jpg");
        var photo = Assert.Single(await library.PhotosAsync());
        Assert.Equal(Guid.Parse("0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c11"), photo.PhotoId);
        Assert.Equal(new SeenFile(1234, "2026-11-23T05:07:01.123456789Z", 42), photo.File);
        await Installation.ErrorQueueIsEmptyAsync();
    }

    [Fact]
    public async Task The_same_message_ten_times_changes_nothing_after_the_first()
    {
        var library = await RegisterAsync();
        var now = Microseconds(DateTimeOffset.UtcNow);
        var messages = new[]
        {
            Created(library.Id, "a/one.jpg", now),
            Created(library.Id, "a/two.jpg", now + 1),
            Event(library.Id, $$"""{"kind":"moved","version":{{now + 2}},"path":"b/one.jpg","oldPath":"a/one.jpg",{{PhotoAndFile}}}"""),
            Event(library.Id, $$"""{"kind":"deleted","version":{{now + 3}},"path":"a/three.jpg"}"""),
            Event(library.Id, $$"""{"kind":"directoryRemoved","version":{{now + 4}},"path":"a"}"""),
        };
        var counted = await AppliedAsync();
        foreach (var message in messages)
            await PublishAsync(message);
        await HasPhotosAsync(library, "b/one.jpg");
        await Wait.UntilAsync(async () => await AppliedAsync() == counted + 5, "Not every message has been applied.");
        var first = await library.PhotosAsync();

        for (int i = 0; i < 10; i++)
        {
            foreach (var message in messages)
                await PublishAsync(message);
        }

        await Wait.UntilAsync(async () => await AppliedAsync() == counted + 55, "Not every message has been applied.");
        Assert.Equal(first, await library.PhotosAsync());
        await Installation.ErrorQueueIsEmptyAsync();
    }

    [Fact]
    public async Task A_message_moved_back_from_the_error_queue_by_hand_is_applied()
    {
        var id = Installation.NewLibraryId();
        await PublishAsync(Created(id, "early.jpg"));
        Assert.Contains($"There is no library '{id}'", (await FailedAsync()).Headers[Reason], StringComparison.Ordinal);
        var library = await RegisterAsync(id);

        var taken = Assert.Single(await Broker.ReadAsync(BusNames.IndexerErrorQueue, keep: false));
        await Broker.PublishAsync(Broker.DefaultExchange, BusNames.IndexerQueue, taken.Body);

        await HasPhotosAsync(library, "early.jpg");
        await Installation.ErrorQueueIsEmptyAsync();
    }

    [Fact]
    public async Task A_message_moved_out_of_the_error_queue_with_Move_messages_is_applied()
    {
        var id = Installation.NewLibraryId();
        await PublishAsync(Created(id, "early.jpg"));
        await FailedAsync();
        var library = await RegisterAsync(id);

        await Broker.MoveMessagesAsync(BusNames.IndexerErrorQueue, BusNames.IndexerQueue);

        await HasPhotosAsync(library, "early.jpg");
        await Installation.ErrorQueueIsEmptyAsync();
    }

    [Theory]
    [InlineData("", "The message is empty.")]
    [InlineData("created: a.jpg", "The message is not JSON: ")]
    [InlineData("""{"libraryId":""", "The message is not JSON: ")]
    [InlineData("[1]", "The message is JSON, but not an object.")]
    [InlineData("{}", "lacks 'libraryId', 'epoch', 'host', 'events'")]
    public async Task What_is_no_message_ends_in_the_error_queue_with_its_reason(string body, string reason)
    {
        var library = await RegisterAsync();

        await PublishAsync(body);

        await FailsAsync(body, reason);
        await PublishAsync(Created(library.Id, "after.jpg"));
        await HasPhotosAsync(library, "after.jpg");
    }

    [Theory]
    // Fields that must be there.
    [InlineData("libraryId", null, "lacks 'libraryId'")]
    [InlineData("epoch", null, "lacks 'epoch'")]
    [InlineData("host", null, "lacks 'host'")]
    [InlineData("events", null, "lacks 'events'")]
    [InlineData("events/0/kind", null, "events[0] lacks 'kind'")]
    [InlineData("events/0/version", null, "events[0] lacks 'version'")]
    [InlineData("events/0/path", null, "events[0] lacks 'path'")]
    [InlineData("events/0/photoId", null, "events[0] lacks the photoId")]
    [InlineData("events/0/file", null, "events[0] lacks the file")]
    [InlineData("events/0/file/size", null, "events[0].file lacks 'size'")]
    [InlineData("events/0/file/modifiedAt", null, "events[0].file lacks 'modifiedAt'")]
    [InlineData("events/0/file/inode", null, "events[0].file lacks 'inode'")]
    [InlineData("events/0/kind", "\"moved\"", "events[0] is a move without oldPath")]
    // Values of other types.
    [InlineData("libraryId", "7", "libraryId does not have a value that fits")]
    [InlineData("libraryId", "null", "libraryId does not have a value that fits")]
    [InlineData("epoch", "\"1\"", "epoch does not have a value that fits")]
    [InlineData("events", "{}", "events does not have a value that fits")]
    [InlineData("events/0", "null", "events[0]")]
    [InlineData("events/0/kind", "\"vanished\"", "events[0].kind does not have a value that fits")]
    [InlineData("events/0/version", "1.5", "events[0].version does not have a value that fits")]
    [InlineData("events/0/version", "1e30", "events[0].version does not have a value that fits")]
    [InlineData("events/0/path", "[\"a.jpg\"]", "events[0].path does not have a value that fits")]
    [InlineData("events/0/photoId", "\"seven\"", "events[0].photoId does not have a value that fits")]
    [InlineData("events/0/file", "\"a.jpg\"", "events[0].file does not have a value that fits")]
    [InlineData("events/0/file/modifiedAt", "\"yesterday\"", "events[0].file.modifiedAt does not have a value that fits")]
    [InlineData("events/0/file/inode", "-1", "events[0].file.inode does not have a value that fits")]
    // Values that cannot be.
    [InlineData("libraryId", "\"\"", "The libraryId is empty.")]
    [InlineData("libraryId", "\"never registered\"", "There is no library 'never registered'")]
    [InlineData("epoch", "0", "The epoch is 0")]
    [InlineData("epoch", "7", "has epoch 1; the message says 7")]
    [InlineData("events", "[]", "The message has 0 events")]
    [InlineData("events/0/version", "0", "events[0] has the version 0")]
    [InlineData("events/0/version", "9007199254740993", "more than a day ahead of now")]
    [InlineData("events/0/path", "\"\"", "events[0] has a path that is empty")]
    [InlineData("events/0/path", "\"../secret.jpg\"", "events[0] has a path that has the component '..'")]
    [InlineData("events/0/path", "\"a/../../secret.jpg\"", "events[0] has a path that has the component '..'")]
    [InlineData("events/0/path", "\"/etc/passwd\"", "events[0] has a path that starts with a slash")]
    [InlineData("events/0/path", "\"a\\u0000.jpg\"", "events[0] has a path that has a NUL character")]
    [InlineData("events/0/photoId", "\"00000000-0000-0000-0000-000000000000\"", "events[0] has an empty photoId")]
    [InlineData("events/0/file/size", "-1", "events[0] has a file of a negative size")]
    public async Task A_message_with_a_field_that_cannot_be_ends_in_the_error_queue_with_its_reason(
        string field, string? value, string reason)
    {
        var library = await RegisterAsync();
        var message = With(Created(library.Id, "bad.jpg"), field, value);

        await PublishAsync(message);

        await FailsAsync(message, reason);
        await PublishAsync(Created(library.Id, "after.jpg"));
        await HasPhotosAsync(library, "after.jpg");
    }

    [Fact]
    public async Task A_version_of_the_day_after_tomorrow_ends_in_the_error_queue_and_one_of_today_does_not()
    {
        var library = await RegisterAsync();
        var now = DateTimeOffset.UtcNow;

        var late = Created(library.Id, "late.jpg", version: Microseconds(now.AddDays(1).AddMinutes(5)));
        await PublishAsync(late);
        await FailsAsync(late, "more than a day ahead of now: set the clock of its host right");

        await PublishAsync(Created(library.Id, "today.jpg", version: Microseconds(now.AddHours(23))));
        await HasPhotosAsync(library, "today.jpg");
    }

    [Fact]
    public async Task Messages_of_a_removed_library_are_counted_and_dropped()
    {
        var library = await RegisterAsync();
        await library.DeleteAsync();
        // The other indexer may believe in the library for the second that it remembers it.
        await BelievesNobodyAsync(library);
        var dropped = await CountAsync("ofRemovedLibraries");

        await PublishAsync(Created(library.Id, "gone.jpg"));

        await Wait.UntilAsync(async () => await CountAsync("ofRemovedLibraries") == dropped + 1, "The event is not counted.");
        await Installation.ErrorQueueIsEmptyAsync();
    }

    [Fact]
    public async Task Messages_of_an_old_epoch_are_counted_and_dropped()
    {
        var library = await RegisterAsync();
        await library.DeleteAsync();
        await library.RestoreAsync();
        // Only with the new epoch does everybody know of it.
        await PublishAsync(With(Created(library.Id, "new owner.jpg"), "epoch", "2"));
        await HasPhotosAsync(library, "new owner.jpg");
        await BelievesNobodyAsync(library);
        var dropped = await CountAsync("ofOldEpochs");

        await PublishAsync(Created(library.Id, "old owner.jpg"));

        await Wait.UntilAsync(async () => await CountAsync("ofOldEpochs") == dropped + 1, "The event is not counted.");
        await HasPhotosAsync(library, "new owner.jpg");
        await Installation.ErrorQueueIsEmptyAsync();
    }

    private const string PhotoAndFile =
        """
        "photoId":"0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c11","file":{"size":1234,"modifiedAt":"2026-11-23T05:07:01.123456789Z","inode":42}
        """;

    private static string Created(string libraryId, string path, long? version = null) => Event(
        libraryId,
        $$"""{"kind":"created","version":{{version ?? Microseconds(DateTimeOffset.UtcNow)}},"path":"{{path}}",{{PhotoAndFile}}}""");

    private static string Event(string libraryId, string change) =>
        $$"""{"libraryId":"{{libraryId}}","epoch":1,"host":"{{HostWithoutWatcher}}","events":[{{change}}]}""";

    // The message with another value in the field, or without the field.
    private static string With(string message, string field, string? value)
    {
        var json = JsonNode.Parse(message)!;
        var names = field.Split('/');
        var parent = names[..^1].Aggregate(
            json, (node, name) => node is JsonArray list ? list[int.Parse(name, CultureInfo.InvariantCulture)]! : node[name]!);
        if (parent is JsonArray elements)
            elements[int.Parse(names[^1], CultureInfo.InvariantCulture)] = JsonNode.Parse(value!);
        else if (value is null)
            parent.AsObject().Remove(names[^1]);
        else
            parent[names[^1]] = JsonNode.Parse(value);
        return json.ToJsonString();
    }

    private static long Microseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private Task PublishAsync(string body) => Broker.PublishAsync(BusNames.FileEventsExchange, "", body);

    private async Task<PhotoLibrary> RegisterAsync(string? id = null) =>
        await Installation.RegisterAsync(HostWithoutWatcher, Installation.CreateDisk(), id);

    private Task HasPhotosAsync(PhotoLibrary library, params string[] paths) => Installation.UntilAsync(async () =>
    {
        var photos = (await library.PhotosAsync()).Select(photo => photo.Path).ToList();
        return photos.SequenceEqual(paths) ? null : $"{library.Id} has the photos: {string.Join(", ", photos)}.";
    });

    // The message that is, or will be, alone in the error queue.
    private async Task<BrokerMessage> FailedAsync()
    {
        IReadOnlyList<BrokerMessage> failed = [];
        await Installation.UntilAsync(
            async () => (failed = await Broker.ReadAsync(BusNames.IndexerErrorQueue)).Count > 0 ? null : "Nothing is in the error queue.");
        return Assert.Single(failed);
    }

    private async Task FailsAsync(string body, string reason)
    {
        var failed = await FailedAsync();
        Assert.Equal(body, failed.Body);
        Assert.Contains(reason, failed.Headers[Reason], StringComparison.Ordinal);
        Assert.Single(await Broker.ReadAsync(BusNames.IndexerErrorQueue, keep: false));
    }

    // Until no indexer remembers the library as it was before: each forgets after a second, and says so in what it drops.
    private async Task BelievesNobodyAsync(PhotoLibrary library)
    {
        foreach (var indexer in Installation.Indexers)
        {
            var before = await indexer.CountAsync("ofRemovedLibraries") + await indexer.CountAsync("ofOldEpochs");
            await Installation.UntilAsync(async () =>
            {
                await PublishAsync(Event(library.Id, """{"kind":"deleted","version":1,"path":"never there.jpg"}"""));
                return await indexer.CountAsync("ofRemovedLibraries") + await indexer.CountAsync("ofOldEpochs") > before
                    ? null
                    : $"{indexer.Name} still takes events of {library.Id}.";
            });
        }

        // And what was published meanwhile is done with.
        long counted;
        do
        {
            counted = await HandledAsync();
            await PublishAsync(Event(library.Id, """{"kind":"deleted","version":1,"path":"never there.jpg"}"""));
            await Installation.UntilAsync(async () => await HandledAsync() > counted ? null : "An event is not handled.");
        }
        while (await HandledAsync() != counted + 1);
    }

    private async Task<long> HandledAsync() =>
        await AppliedAsync() + await CountAsync("ofRemovedLibraries") + await CountAsync("ofOldEpochs");

    private Task<long> AppliedAsync() => CountAsync("applied");

    private Task<long> CountAsync(string counter) => Installation.CountAsync(counter);

    public sealed class Pair(TestServers servers) : IAsyncLifetime
    {
        internal Installation Installation { get; private set; } = null!;

        public async ValueTask InitializeAsync() =>
            Installation = await Installation.StartAsync(await servers.StartAsync(), [], indexers: 2);

        public ValueTask DisposeAsync() => Installation.DisposeAsync();
    }
}
