using System.Net.Http.Json;
using System.Text.Json.Nodes;
using MongoDB.Bson;
using MongoDB.Driver;
using WatchPhoto.EndToEnd.Tests.Harness;
using WatchPhoto.Testing;

namespace WatchPhoto.EndToEnd.Tests;

/// <summary>Two hosts' watchers and two indexers, over RabbitMQ and MongoDB.</summary>
public sealed class PairTests(PairTests.Pair pair) : IClassFixture<PairTests.Pair>, IAsyncLifetime
{
    // "Watched within 6 s without a restart", from the request on, as far as there is a processor to do it.
    private static readonly TimeSpan UntilWatched = TimeSpan.FromSeconds(6);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Installation Installation => pair.Installation;

    public async ValueTask InitializeAsync() => await Installation.MendAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_thousand_photos_on_each_of_two_hosts_are_in_the_catalog()
    {
        var (north, south) = (Installation.CreateDisk(), Installation.CreateDisk());
        north.AddPhotos(1_000);
        south.AddPhotos(1_000);

        var northern = await Installation.RegisterAsync("north", north);
        var southern = await Installation.RegisterAsync("south", south);

        var photos = await northern.EqualsDiskAsync();
        var others = await southern.EqualsDiskAsync();
        Assert.Equal(1_000, photos.Count);
        Assert.Equal(1_000, others.Count);
        Assert.Empty(photos.Values.Select(photo => photo.PhotoId).Intersect(others.Values.Select(photo => photo.PhotoId)));
        await Installation.ErrorQueueIsEmptyAsync();
    }

    [Fact]
    public async Task Every_change_to_files_and_directories_shows_and_renames_keep_the_photo_id()
    {
        var library = await RegisterAsync("north", photos: 120);
        var before = await library.EqualsDiskAsync();

        library.Disk.AddPhoto("new.jpg", 7);
        library.Disk.AddPhoto("new directory/in it/deep.jpg", 8);
        await library.EqualsDiskAsync();

        library.Disk.Run("mv '2026/000/photo 00000.jpg' '2026/000/renamed.jpg'; mv '2026/000/photo 00001.jpg' moved.jpg");
        var renamed = await library.EqualsDiskAsync();
        Assert.Equal(before["2026/000/photo 00000.jpg"].PhotoId, renamed["2026/000/renamed.jpg"].PhotoId);
        Assert.Equal(before["2026/000/photo 00001.jpg"].PhotoId, renamed["moved.jpg"].PhotoId);

        library.Disk.Run("mv 2026/001 elsewhere; mkdir -p archive; mv elsewhere archive/2025");
        var moved = await library.EqualsDiskAsync();
        Assert.Equal(before["2026/001/photo 00040.jpg"].PhotoId, moved["archive/2025/photo 00040.jpg"].PhotoId);
        Assert.Equal(40, moved.Keys.Count(path => path.StartsWith("archive/2025/", StringComparison.Ordinal)));

        library.Disk.Run("printf more >> moved.jpg; touch -d '1999-12-31 23:59:59.123456789 UTC' 2026/000/renamed.jpg");
        library.Disk.Run("cp new.jpg edited.tmp; printf saved >> edited.tmp; mv edited.tmp new.jpg");
        var edited = await library.EqualsDiskAsync();
        Assert.Equal(renamed["moved.jpg"].PhotoId, edited["moved.jpg"].PhotoId);
        Assert.Equal(renamed["new.jpg"].PhotoId, edited["new.jpg"].PhotoId);
        Assert.Equal("1999-12-31T23:59:59.123456789Z", edited["2026/000/renamed.jpg"].File.ModifiedAt);

        library.Disk.Run("rm moved.jpg; rm -r archive; mv 2026/002 ../out");
        var few = await library.EqualsDiskAsync();
        library.Disk.Run("mv ../out 'back again'");
        var back = await library.EqualsDiskAsync();
        Assert.Equal(few.Count + 40, back.Count);
        Assert.Equal(before["2026/002/photo 00080.jpg"].PhotoId, back["back again/photo 00080.jpg"].PhotoId);
        await Installation.ErrorQueueIsEmptyAsync();
    }

    [Fact]
    public async Task Names_of_any_bytes_pass_the_whole_way()
    {
        var library = await RegisterAsync("south", photos: 0);

        library.Disk.AddPhoto("plain.jpg", 1);
        library.Disk.Run(
            """
            for name in '$where.jpg' $'a.b"c\'.jpg' -rf.jpg $'two\nlines.jpg' 照片.jpg $'caf\xe9.jpg' 'caf%E9.jpg' \
              "$(printf 'x%.0s' {1..251}).jpg" \
              $'\xff\xfe.jpg' ' .jpg' '{}.jpg' '\.jpg' $'\x01.jpg' '%.jpg' 'é.jpg' $'e\u0301.jpg' '😀.jpg'
            do cp -- plain.jpg "./$name"; done
            mkdir '$in' $'not\xe9'; cp plain.jpg '$in/x.jpg'; cp plain.jpg $'not\xe9/x.jpg'; cp plain.jpg $'not\xe9/\xe9.jpg'
            """);
        var photos = await library.EqualsDiskAsync();
        Assert.Equal(21, photos.Count);
        Assert.Contains("/caf%E9.jpg", photos.Keys);
        Assert.Contains("caf%E9.jpg", photos.Keys);
        Assert.Contains("two\nlines.jpg", photos.Keys);

        library.Disk.Run(
            """
            mkdir -p '.hidden' there; for name in *.jpg; do mv -- "./$name" "there/$name"; done
            mv $'not\xe9' $'\xe9\xe9'; mv '$in' '$out'
            """);
        var moved = await library.EqualsDiskAsync();
        Assert.Equal(photos["$where.jpg"].PhotoId, moved["there/$where.jpg"].PhotoId);
        Assert.Equal(photos["/caf%E9.jpg"].PhotoId, moved["there//caf%E9.jpg"].PhotoId);
        Assert.Equal(photos["/not%E9//%E9.jpg"].PhotoId, moved["/%E9%E9//%E9.jpg"].PhotoId);
        await Installation.ErrorQueueIsEmptyAsync();
    }

    [Fact]
    public async Task A_library_added_over_HTTP_is_watched_within_6_seconds_without_a_restart()
    {
        var disk = Installation.CreateDisk();
        disk.AddPhotos(50);

        int[] taking = [Installation.WatcherOf("north").Id, .. Installation.Indexers.Select(indexer => indexer.Id), Environment.ProcessId];
        long started = TimeProvider.System.GetTimestamp();
        using var queue = new RunQueue(taking);
        var library = await Installation.RegisterAsync("north", disk);
        await Wait.UntilAsync(() => library.Watcher.WatchedInodes().IsSupersetOf(disk.DirectoryInodes()), "A directory is not watched.");
        await library.EqualsDiskAsync();
        var took = TimeProvider.System.GetElapsedTime(started);
        Assert.InRange(took - queue.Waited, TimeSpan.MinValue, UntilWatched);
    }

    [Fact]
    public async Task A_library_written_into_the_database_by_hand_is_watched()
    {
        var disk = Installation.CreateDisk();
        disk.AddPhotos(3);

        var library = await Installation.InsertAsync("south", disk);

        Assert.Equal(3, (await library.EqualsDiskAsync()).Count);
    }

    [Fact]
    public async Task A_removed_library_leaves_neither_photos_nor_kernel_watches_and_comes_back_as_it_was()
    {
        var library = await RegisterAsync("south", photos: 100);
        var before = await library.EqualsDiskAsync();
        Assert.Superset(library.Disk.DirectoryInodes(), library.Watcher.WatchedInodes());

        await library.DeleteAsync();
        await Wait.UntilAsync(
            () => !library.Watcher.WatchedInodes().Overlaps(library.Disk.DirectoryInodes()), "The watcher still watches it.");
        var registers = Installation.Database.GetCollection<BsonDocument>("registers");
        await Wait.UntilAsync(
            async () => await registers.CountDocumentsAsync(new BsonDocument("library", library.Id), cancellationToken: Cancellation) == 0,
            "The catalog still has records of it.");
        library.Disk.Run("rm -r 2026/000; mv 2026/001 'while it was removed'");

        await library.RestoreAsync();
        var after = await library.EqualsDiskAsync();
        Assert.Superset(library.Disk.DirectoryInodes(), library.Watcher.WatchedInodes());
        Assert.Equal(60, after.Count);
        Assert.Equal(before["2026/002/photo 00080.jpg"].PhotoId, after["2026/002/photo 00080.jpg"].PhotoId);
        Assert.Equal(before["2026/001/photo 00040.jpg"].PhotoId, after["while it was removed/photo 00040.jpg"].PhotoId);
        await Installation.ErrorQueueIsEmptyAsync();
    }

    [Fact]
    public async Task An_indexer_whose_port_is_taken_says_so_in_one_sentence_and_ends()
    {
        var api = await Installation.Indexers[0].ApiAsync();
        using var second = Installation.CreateIndexer();
        second.Set("Urls", api.BaseAddress!.ToString());

        second.Start();

        Assert.Equal(1, await second.ExitAsync());
        var sentence = Assert.Single(second.Lines, line => !line.Contains("info: ", StringComparison.Ordinal));
        Assert.Contains("address already in use", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Changes_made_while_a_watcher_is_down_show_when_it_is_back()
    {
        var library = await RegisterAsync("north", photos: 100);
        var before = await library.EqualsDiskAsync();

        Assert.Equal(0, await library.Watcher.TerminateAsync());
        library.Disk.Run("mv 2026/000 'moved directory'; rm 2026/001/*; printf more >> '2026/002/photo 00080.jpg'");
        library.Disk.AddPhotos(10, below: "added");
        library.Watcher.Start();

        var after = await library.EqualsDiskAsync();
        Assert.Equal(before["2026/000/photo 00000.jpg"].PhotoId, after["moved directory/photo 00000.jpg"].PhotoId);
        Assert.Equal(before["2026/002/photo 00080.jpg"].PhotoId, after["2026/002/photo 00080.jpg"].PhotoId);
    }

    [Fact]
    public async Task Indexers_come_and_go_while_photos_arrive()
    {
        var library = await RegisterAsync("south", photos: 0);
        var (first, second) = (Installation.Indexers[0], Installation.Indexers[1]);

        library.Disk.AddPhotos(200, below: "one");
        Assert.Equal(0, await first.TerminateAsync());
        library.Disk.AddPhotos(200, below: "two");
        first.Start();
        await first.ApiAsync();
        Assert.Equal(0, await second.TerminateAsync());
        library.Disk.AddPhotos(200, below: "three");
        second.Start();

        Assert.Equal(600, (await library.EqualsDiskAsync()).Count);
        await Installation.ErrorQueueIsEmptyAsync();
    }

    [Fact]
    public async Task A_preview_tells_what_any_indexer_would_register_and_any_host_has()
    {
        var library = await RegisterAsync("north", photos: 60);
        var before = await library.EqualsDiskAsync();
        var elsewhere = Installation.CreateDisk();
        elsewhere.AddPhotos(30, below: "Raw");
        elsewhere.AddPhotos(5, below: "2026/Raw");

        foreach (var indexer in Installation.Indexers)
        {
            var api = await indexer.ApiAsync();
            var preview = await PreviewAsync(api, new { host = "south", path = elsewhere.Root, exclude = new[] { "Raw/**" } });
            Assert.Equal((5, 1), (preview["files"]!.GetValue<int>(), preview["directoriesLeftOut"]!.GetValue<int>()));
            Assert.Equal(
                elsewhere.Walk().Keys.Where(path => path.StartsWith("2026/", StringComparison.Ordinal)),
                preview["paths"]!.AsArray().Select(path => path!.GetValue<string>()));

            preview = await PreviewAsync(api, new { id = library.Id, include = new[] { "photo 0000?.{jpg,png}" } });
            Assert.Equal(10, preview["files"]!.GetValue<int>());
        }

        // It was only looked at.
        Assert.Equal(before.Count, (await library.EqualsDiskAsync()).Count);
    }

    private static async Task<JsonNode> PreviewAsync(HttpClient api, object definition)
    {
        using var answer = await api.PostAsJsonAsync(new Uri("api/libraries/preview", UriKind.Relative), definition, Cancellation);
        var body = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True(answer.IsSuccessStatusCode, body);
        return JsonNode.Parse(body)!;
    }

    private async Task<PhotoLibrary> RegisterAsync(string host, int photos)
    {
        var disk = Installation.CreateDisk();
        disk.AddPhotos(photos);
        return await Installation.RegisterAsync(host, disk);
    }

    public sealed class Pair(TestServers servers) : IAsyncLifetime
    {
        internal Installation Installation { get; private set; } = null!;

        public async ValueTask InitializeAsync() =>
            Installation = await Installation.StartAsync(await servers.StartAsync(), ["north", "south"], indexers: 2);

        public ValueTask DisposeAsync() => Installation.DisposeAsync();
    }
}
