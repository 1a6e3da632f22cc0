using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using MassTransit;
using Microsoft.Data.Sqlite;
using WatchPhoto.Contracts;
using WatchPhoto.Testing;

namespace WatchPhoto.Indexer.Tests.Api;

public class PhotosTests
{
    [Fact]
    public async Task A_photo_is_told_with_all_that_is_known_of_it()
    {
        await using var indexer = await StartAsync();
        var id = Guid.CreateVersion7();
        long version = Messages.Now;
        var created = Messages.Created("2026/相片 $where \"a'.jpg", id, version);
        await indexer.PublishAsync(Messages.Of(created with { Photo = new PhotoDescription { Width = 4000, CameraMake = "Canon" } }));

        string line =
            $$$"""{"libraryId":"photos","path":"2026/相片 $where \"a'.jpg","photoId":"{{{id}}}","version":{{{version}}}"""
            + $$$""","file":{"size":1234,"modifiedAt":"2026-01-02T03:04:05.123456789Z","inode":"42"}"""
            + ""","photo":{"width":4000,"cameraMake":"Canon"}}""";
        Assert.Equal(line + "\n", await GetAsync(indexer, "/api/libraries/photos/photos.ndjson"));
        Assert.Equal($"[{line}]", await GetAsync(indexer, $"/api/photos/{id}"));
        Assert.Equal($$"""{"photos":[{{line}}]}""", await GetAsync(indexer, "/api/photos?library=photos"));
    }

    [Fact]
    public async Task Who_reads_photos_and_pauses_does_not_hold_up_the_end()
    {
        await using var indexer = await StartAsync(new() { ["shutdownTimeoutSeconds"] = "3600" });
        // More than the buffers on the way hold.
        for (int message = 0; message < 100; message++)
            await indexer.PublishAsync(
                Messages.Of(
                    [
                        .. Enumerable.Range(0, FileEvents.MaxEvents)
                            .Select(i => Messages.Created($"{message:D3}/{new string('a', 100)}{i:D4}.jpg")),
                    ]));
        using var client = new TcpClient { ReceiveBufferSize = 4096 };
        await client.ConnectAsync(IPAddress.Loopback, indexer.Http.BaseAddress!.Port, TestContext.Current.CancellationToken);
        var reader = client.GetStream();
        await reader.WriteAsync(
            "GET /api/libraries/photos/photos.ndjson HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(),
            TestContext.Current.CancellationToken);
        await reader.ReadExactlyAsync(new byte[1000], TestContext.Current.CancellationToken);

        await indexer.StopAsync().WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);

        Assert.DoesNotContain(indexer.Log.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Photos_come_in_the_order_of_their_paths_bytes_streamed_and_in_pages()
    {
        await using var indexer = await StartAsync();
        // By bytes "a/b" is behind "a-b" and before "a0", and what lies beyond the basic plane is behind "\uFFFD".
        string[] paths = ["Z.jpg", "a-b.jpg", "a/b.jpg", "a0.jpg", "é.jpg", "\uFFFD.jpg", "\U0001F600.jpg", "\U0001F600.jpg2"];
        await indexer.PublishAsync(Messages.Of([.. paths.Reverse().Select(path => Messages.Created(path))]));
        Assert.Equal(paths, await indexer.PathsAsync());

        var paged = new List<string>();
        for (string? after = ""; after is not null;)
        {
            var page = JsonDocument.Parse(
                await GetAsync(indexer, $"/api/photos?library=photos&limit=3&after={Uri.EscapeDataString(after)}")).RootElement;
            paged.AddRange(page.GetProperty("photos").EnumerateArray().Select(photo => photo.GetProperty("path").GetString()!));
            after = page.TryGetProperty("after", out var next) ? next.GetString() : null;
        }

        Assert.Equal(paths, paged);
        string below = await GetAsync(indexer, "/api/photos?library=photos&prefix=a/");
        Assert.Equal(
            "a/b.jpg",
            Assert.Single(JsonDocument.Parse(below).RootElement.GetProperty("photos").EnumerateArray()).GetProperty("path").GetString());
    }

    [Fact]
    public async Task A_photo_at_two_paths_is_told_at_both()
    {
        await using var indexer = await StartAsync();
        var id = Guid.CreateVersion7();
        await indexer.PublishAsync(Messages.Of(Messages.Created("b.jpg", id), Messages.Created("a.jpg", id)));
        Assert.Equal(2, JsonDocument.Parse(await GetAsync(indexer, $"/api/photos/{id}")).RootElement.GetArrayLength());
    }

    [Fact]
    public async Task The_last_report_of_each_watcher_is_told()
    {
        await using var indexer = await StartAsync();
        var report = new WatcherReport
        {
            Host = "nas", StateId = Guid.CreateVersion7(), RunId = Guid.NewGuid(), SentAt = DateTimeOffset.UtcNow, WatchesUsed = 1,
            WatchesLimit = 2, PendingOutbox = 3, Libraries = [],
        };
        await indexer.PublishAsync(report);
        await indexer.PublishAsync(report with { WatchesUsed = 17, SentAt = report.SentAt.AddSeconds(1) });
        var told = Assert.Single(JsonDocument.Parse(await GetAsync(indexer, "/api/watchers")).RootElement.EnumerateArray());
        Assert.Equal(17, told.GetProperty("watchesUsed").GetInt32());
    }

    [Fact]
    public async Task A_removed_library_leaves_no_photos_not_even_late_ones_and_what_is_said_of_it_is_counted()
    {
        await using var indexer = await StartAsync();
        await indexer.PublishAsync(Messages.Of(Messages.Created("a.jpg")));
        using var removed = await indexer.Http.DeleteAsync(
            new Uri("/api/libraries/photos", UriKind.Relative), TestContext.Current.CancellationToken);
        await indexer.PublishAsync(Messages.Of(Messages.Created("late.jpg")));
        using var restored = await indexer.Http.PostAsync(
            new Uri("/api/libraries/photos/restore", UriKind.Relative), null, TestContext.Current.CancellationToken);
        await indexer.PublishAsync(Messages.Of(Messages.Created("of-the-old-epoch.jpg")));

        await indexer.PublishAsync(Messages.Of(Messages.Created("new.jpg")) with { Epoch = 2 });
        Assert.DoesNotContain("late.jpg", await indexer.PathsAsync());
        Assert.DoesNotContain("of-the-old-epoch.jpg", await indexer.PathsAsync());
        Assert.Contains("new.jpg", await indexer.PathsAsync());
        // Told whether it is ready or not: on a busy machine the catalog may not answer within the 2 s it has.
        using var health = await indexer.Http.GetAsync(new Uri("/health/ready", UriKind.Relative), TestContext.Current.CancellationToken);
        var events = JsonDocument.Parse(await health.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement
            .GetProperty("events");
        Assert.Equal(1, events.GetProperty("ofRemovedLibraries").GetInt64());
        Assert.Equal(1, events.GetProperty("ofOldEpochs").GetInt64());
    }

    [Fact]
    public async Task The_photos_of_a_removed_library_are_forgotten_and_at_last_the_library()
    {
        await using var indexer = await LiveIndexer.StartAsync(
            new Dictionary<string, string?> { ["Indexer:RemovedLibraryAge"] = "00:00:01" });
        await (await indexer.ReadyAsync()).RegisterAsync();
        var id = Guid.CreateVersion7();
        await indexer.PublishAsync(Messages.Of(Messages.Created("a.jpg", id)));
        using var removed = await indexer.Http.DeleteAsync(
            new Uri("/api/libraries/photos", UriKind.Relative), TestContext.Current.CancellationToken);

        await Wait.UntilAsync(async () =>
        {
            using var answer = await indexer.Http.GetAsync(
                new Uri($"/api/photos/{id}", UriKind.Relative), TestContext.Current.CancellationToken);
            return answer.StatusCode == System.Net.HttpStatusCode.NotFound;
        });
        await Wait.UntilAsync(async () => await GetAsync(indexer, "/api/libraries?removed=true") == "[]");
    }

    [Fact]
    public async Task Libraries_are_announced_at_once_when_they_change_and_again_and_again()
    {
        var announced = new System.Collections.Concurrent.ConcurrentQueue<LibrariesAnnounced>();
        await using var indexer = await LiveIndexer.StartAsync(consumers: bus => bus.AddHandler<LibrariesAnnounced>(context =>
        {
            announced.Enqueue(context.Message);
            return Task.CompletedTask;
        }));
        await (await indexer.ReadyAsync()).RegisterAsync();
        await Wait.UntilAsync(() => announced.Count(each => each.Libraries.Any(library => library.Id == "photos")) > 2);

        using var removed = await indexer.Http.DeleteAsync(
            new Uri("/api/libraries/photos", UriKind.Relative), TestContext.Current.CancellationToken);
        await Wait.UntilAsync(() => announced.Any(each => each.Libraries.Any(library => library.RemovedAt is not null)));
        Assert.Single(announced.Select(each => each.CatalogId).Distinct());
        var revisions = announced.Select(each => each.Revision).ToList();
        Assert.Equal(revisions.Order(), revisions);
    }

    [Fact]
    public async Task A_watcher_is_told_at_its_first_report_what_it_owns()
    {
        var announced = new System.Collections.Concurrent.ConcurrentQueue<LibrariesAnnounced>();
        // No announcement comes by itself in the time of this test, but the first.
        await using var indexer = await LiveIndexer.StartAsync(
            new Dictionary<string, string?> { ["Indexer:AnnouncementInterval"] = "00:01:00" },
            bus => bus.AddHandler<LibrariesAnnounced>(context =>
            {
                announced.Enqueue(context.Message);
                return Task.CompletedTask;
            }));
        await (await indexer.ReadyAsync()).RegisterAsync();
        await Wait.UntilAsync(() => announced.Any(each => each.Libraries.Any(library => library.Owner is null)));

        var state = Guid.NewGuid();
        await indexer.PublishAsync(new WatcherReport
        {
            Host = "nas", StateId = state, RunId = Guid.NewGuid(), SentAt = DateTimeOffset.UtcNow, WatchesUsed = 1, WatchesLimit = 2,
            PendingOutbox = 3, Libraries = [],
        });

        await Wait.UntilAsync(() => announced.Any(each =>
            each.Libraries.Any(library => library.Owner == state && library.Epoch == 1)
                && each.Hosts.Contains(new HostLease("nas", state))));
    }

    [Theory]
    [InlineData("photo_id = x'00'")]
    [InlineData("modified_ns = 1 << 40")]
    [InlineData("photo = '{'")]
    public async Task A_row_that_nobody_can_read_is_said_with_the_remedy(string change)
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("watchphoto-odd-").FullName, "catalog.db");
        await using (var indexer = await StartAsync(new() { ["ConnectionStrings:Sqlite"] = path }))
        {
            await indexer.PublishAsync(Messages.Of(Messages.Created("a.jpg")));
            await Wait.UntilAsync(async () => (await indexer.PathsAsync()).Count == 1);
            await using (var connection = new SqliteConnection($"Data Source={path}"))
            {
                await connection.OpenAsync(TestContext.Current.CancellationToken);
                await using var command = connection.CreateCommand();
                command.CommandText = $"UPDATE register SET {change}";
                Assert.Equal(1, await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
            }

            foreach (string question in new[] { "/api/libraries/photos/photos.ndjson", "/api/photos?library=photos" })
            {
                using var answer = await indexer.Http.GetAsync(new Uri(question, UriKind.Relative), TestContext.Current.CancellationToken);
                Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
                Assert.Contains(
                    "remove that file", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
                    StringComparison.Ordinal);
            }

            Assert.DoesNotContain(indexer.Log.Lines, line => line.Contains("   at ", StringComparison.Ordinal));
        }

        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Fact]
    public async Task A_tombstone_is_forgotten_at_its_age()
    {
        var clock = new SettableClock();
        await using var indexer = await LiveIndexer.StartAsync(time: clock);
        await (await indexer.ReadyAsync()).RegisterAsync();
        var created = Messages.Created("a.jpg");
        await indexer.PublishAsync(
            Messages.Of(created, new FileEvent { Kind = FileEventKind.Deleted, Version = created.Version + 1, Path = "a.jpg" }));
        await Wait.UntilAsync(async () => await HighestVersionAsync() == created.Version + 1);

        clock.Pass(TimeSpan.FromDays(31.1));

        await Wait.UntilAsync(async () => await HighestVersionAsync() == 0);

        async Task<long> HighestVersionAsync() =>
            JsonDocument.Parse(await GetAsync(indexer, "/api/libraries/photos")).RootElement.GetProperty("highestVersion").GetInt64();
    }

    private static async Task<LiveIndexer> StartAsync(Dictionary<string, string?>? settings = null)
    {
        var indexer = await LiveIndexer.StartAsync(settings);
        await (await indexer.ReadyAsync()).RegisterAsync();
        return indexer;
    }

    private static Task<string> GetAsync(LiveIndexer indexer, string path) =>
        indexer.Http.GetStringAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
}
