using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using MongoDB.Bson;
using MongoDB.Driver;
using WatchPhoto.Contracts;
using WatchPhoto.EndToEnd.Tests.Harness;
using WatchPhoto.Testing;

namespace WatchPhoto.EndToEnd.Tests;

/// <summary>The history that RabbitMQ keeps of all file events, applied again.</summary>
public sealed class ReplayTests(ReplayTests.Pair pair) : IClassFixture<ReplayTests.Pair>, IAsyncLifetime
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Installation Installation => pair.Installation;

    private IMongoCollection<BsonDocument> Registers => Installation.Database.GetCollection<BsonDocument>("registers");

    public async ValueTask InitializeAsync() => await Installation.MendAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Photos_emptied_in_the_database_come_back_by_a_replay_alone()
    {
        var began = DateTimeOffset.UtcNow;
        var (library, other) = (await RegisterAsync(photos: 500), await RegisterAsync(photos: 20));
        await library.EqualsDiskAsync();
        library.Disk.Run("mv 2026/000 moved; rm 2026/001/*; rmdir 2026/001; printf more >> '2026/002/photo 00080.jpg'; mv moved again");
        var before = await library.EqualsDiskAsync();
        await other.EqualsDiskAsync();
        await library.IsVerifiedAsync();

        // Nobody else is there to tell it again.
        Assert.Equal(0, await library.Watcher.TerminateAsync());
        foreach (var emptied in new[] { library, other })
            await Registers.DeleteManyAsync(new BsonDocument("library", emptied.Id), Cancellation);
        var replay = await ReplayAsync(new { from = began, library = library.Id });

        Assert.InRange(replay["events"]!.GetValue<long>(), 500, 2000);
        Assert.InRange(replay["messages"]!.GetValue<long>(), 3, 1000);
        Assert.Equal(0, replay["refused"]!.GetValue<long>());
        var after = await library.EqualsDiskAsync();
        Assert.Equal(before.Values.Select(photo => photo.PhotoId), after.Values.Select(photo => photo.PhotoId));
        Assert.Empty(await other.PhotosAsync());
        await ReplayAsync(new { from = began });
        await other.EqualsDiskAsync();

        library.Watcher.Start();
        await library.IsVerifiedAsync();
        await other.IsVerifiedAsync();
        await Installation.ErrorQueueIsEmptyAsync();
    }

    [Fact]
    public Task Everything_replayed_again_and_again_while_the_disk_changes_does_no_harm() =>
        Installation.SurvivesUnderLoadAsync("north", async churn =>
        {
            for (int i = 0; i < 3; i++)
            {
                await churn.StepsAsync(100);
                await ReplayAsync(new { from = DateTimeOffset.UnixEpoch });
            }
        });

    [Fact]
    public async Task Only_what_was_published_in_the_stretch_of_time_is_replayed_and_what_was_refused_stays_out()
    {
        var library = await Installation.RegisterAsync("nowhere", Installation.CreateDisk());
        await PublishAsync(library, "early.jpg");
        await GoByAsync(TimeSpan.FromSeconds(3));
        var from = DateTimeOffset.UtcNow;
        await PublishAsync(library, "middle.jpg");
        await Installation.Broker.PublishAsync(BusNames.FileEventsExchange, "", "no message");
        await Installation.Broker.PublishAsync(BusNames.FileEventsExchange, "", Message(library.Id, "/wrong.jpg"));
        var to = DateTimeOffset.UtcNow;
        await GoByAsync(TimeSpan.FromSeconds(3));
        await PublishAsync(library, "late.jpg");
        await HasPhotosAsync(library, "early.jpg", "late.jpg", "middle.jpg");
        await Installation.UntilAsync(
            async () => (await Installation.Broker.ReadAsync(BusNames.IndexerErrorQueue)).Count == 2
                ? null
                : "Not both are in the error queue.");
        await Installation.Broker.PurgeAsync(BusNames.IndexerErrorQueue);

        await Registers.DeleteManyAsync(new BsonDocument("library", library.Id), Cancellation);
        var replay = await ReplayAsync(new { from, to, library = library.Id });

        await HasPhotosAsync(library, "middle.jpg");
        Assert.Equal(1, replay["events"]!.GetValue<long>());
        Assert.Equal(1, replay["refused"]!.GetValue<long>());
        Assert.Contains("has a path that starts with a slash", replay["problem"]!.GetValue<string>(), StringComparison.Ordinal);
        await Installation.ErrorQueueIsEmptyAsync();
        await ReplayAsync(new { from = to, library = library.Id });
        await HasPhotosAsync(library, "late.jpg", "middle.jpg");
    }

    private async Task<PhotoLibrary> RegisterAsync(int photos)
    {
        var disk = Installation.CreateDisk();
        disk.AddPhotos(photos);
        return await Installation.RegisterAsync("north", disk);
    }

    /// <summary>Replays, and returns the last line of the answer.</summary>
    private async Task<JsonNode> ReplayAsync(object request)
    {
        string lines = "";
        await Installation.UntilAsync(async () =>
        {
            using var answer = await (await Installation.ApiAsync()).PostAsJsonAsync(
                new Uri("api/replay", UriKind.Relative), request, Cancellation);
            lines = await answer.Content.ReadAsStringAsync(Cancellation);
            // A broker that is short of processor time takes long to open its history: whoever asks tries again, as the answer says.
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
                return lines;
            Assert.True(answer.IsSuccessStatusCode, lines);
            return null;
        });
        var last = JsonNode.Parse(lines.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1])!;
        Assert.Equal("done", last["state"]!.GetValue<string>());
        return last;
    }

    private async Task PublishAsync(PhotoLibrary library, string path)
    {
        await Installation.Broker.PublishAsync(BusNames.FileEventsExchange, "", Message(library.Id, path));
        await Installation.UntilAsync(
            async () => (await library.PhotosAsync()).Any(photo => photo.Path == path) ? null : $"{path} is not in the catalog.");
    }

    private static string Message(string libraryId, string path) => JsonSerializer.Serialize(new
    {
        libraryId,
        epoch = 1,
        host = "nowhere",
        events = new[]
        {
            new
            {
                kind = "created",
                version = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1000,
                path,
                photoId = Guid.CreateVersion7(),
                file = new { size = 1234, modifiedAt = "2026-11-23T05:07:01.123456789Z", inode = 42 },
            },
        },
    });

    private Task HasPhotosAsync(PhotoLibrary library, params string[] paths) => Installation.UntilAsync(async () =>
    {
        var photos = (await library.PhotosAsync()).Select(photo => photo.Path).ToList();
        return photos.SequenceEqual(paths) ? null : $"{library.Id} has the photos: {string.Join(", ", photos)}.";
    });

    // RabbitMQ tells times in seconds.
    private static Task GoByAsync(TimeSpan time)
    {
        var until = DateTimeOffset.UtcNow + time;
        return Wait.UntilAsync(() => DateTimeOffset.UtcNow > until, "Time stands still.");
    }

    public sealed class Pair(TestServers servers) : IAsyncLifetime
    {
        internal Installation Installation { get; private set; } = null!;

        public async ValueTask InitializeAsync() =>
            Installation = await Installation.StartAsync(await servers.StartAsync(), ["north"], indexers: 2);

        public ValueTask DisposeAsync() => Installation.DisposeAsync();
    }
}
