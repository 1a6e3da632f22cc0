using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using WatchPhoto.Bus;
using WatchPhoto.EndToEnd.Tests.Harness;
using WatchPhoto.Indexer;
using WatchPhoto.Indexer.Api;
using WatchPhoto.Testing;
using WatchPhoto.Watcher;

namespace WatchPhoto.EndToEnd.Tests;

/// <summary>Watcher and indexer in one process have one clock: nobody contradicts it while it is wrong. It is the test's.</summary>
public sealed class ClockOfOneProcessTests : IAsyncDisposable
{
    private readonly Disk _disk = new();
    private readonly string _data = Directory.CreateTempSubdirectory("watchphoto-data-").FullName;
    private readonly SettableClock _clock = new();
    private readonly HttpClient _api = new();
    private WebApplication? _app;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _api.Dispose();
        _disk.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(3653)]
    public async Task A_clock_that_was_ahead_for_a_while_stops_nothing_and_its_versions_are_brought_back(int days)
    {
        _disk.AddPhotos(100);
        await StartAsync();
        await RegisterAsync();
        var before = await EqualsDiskAsync();
        await IsVerifiedAsync();

        _clock.Set(TimeSpan.FromDays(days));
        _disk.Run("mv 2026/000 moved; rm 2026/001/*; printf more >> '2026/002/photo 00080.jpg'");
        _disk.AddPhotos(5, below: "added");
        var during = await EqualsDiskAsync();
        Kept(before, during, "moved");

        _clock.Set(TimeSpan.FromDays(-days));
        _disk.Run("mv moved 'moved again'; rm -r added; printf more >> '2026/002/photo 00080.jpg'");
        Kept(before, await EqualsDiskAsync(), "moved again");

        var healed = await AreBroughtBackAsync();
        Kept(before, healed, "moved again");
        _disk.Run("mv 'moved again' 2026/000; printf more >> '2026/002/photo 00080.jpg'");
        Kept(before, await EqualsDiskAsync(), "2026/000");
        await IsVerifiedAsync();
    }

    [Fact]
    public async Task All_that_was_made_by_a_clock_that_was_ahead_goes_on_when_it_is_right_at_the_next_start()
    {
        _disk.AddPhotos(100);
        _clock.Set(TimeSpan.FromDays(3653));
        await StartAsync();
        await RegisterAsync();
        var before = await EqualsDiskAsync();
        await IsVerifiedAsync();
        _disk.Run("rm -r 2026/001");
        await EqualsDiskAsync();
        await EndAsync();

        _clock.Set(TimeSpan.FromDays(-3653));
        _disk.Run("mv 2026/000 moved; printf more >> '2026/002/photo 00080.jpg'");
        await StartAsync();
        Kept(before, await EqualsDiskAsync(), "moved");
        Kept(before, await AreBroughtBackAsync(), "moved");
        _disk.AddPhotos(80);
        await EqualsDiskAsync();
        await IsVerifiedAsync();
    }

    [Fact]
    public async Task A_clock_that_is_not_set_before_the_network_tells_the_time_stops_nothing()
    {
        _disk.AddPhotos(100);
        await StartAsync();
        await RegisterAsync();
        var before = await EqualsDiskAsync();
        await EndAsync();

        _clock.Set(TimeSpan.FromDays(-20785));
        _disk.Run("mv 2026/000 moved; printf more >> '2026/002/photo 00080.jpg'");
        await StartAsync();
        Kept(before, await EqualsDiskAsync(), "moved");
        _disk.Run("mv moved 'moved again'; rm 2026/001/*");
        Kept(before, await EqualsDiskAsync(), "moved again");

        _clock.Set(TimeSpan.FromDays(20785));
        _disk.AddPhotos(5, below: "added");
        _disk.Run("mv 'moved again' 2026/000");
        Kept(before, await EqualsDiskAsync(), "2026/000");
        await IsVerifiedAsync();
        // Nothing was, or is, brought anywhere.
        Assert.Equal(
            before["2026/002/photo 00085.jpg"].Version,
            (await PhotosAsync()).Single(photo => photo.Path == "2026/002/photo 00085.jpg").Version);
    }

    private async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:RabbitMq"] = "",
            ["ConnectionStrings:MongoDb"] = "",
            ["ConnectionStrings:Sqlite"] = Path.Combine(_data, "catalog.db"),
            ["Watcher:Host"] = "here",
            ["Watcher:StateDirectory"] = Path.Combine(_data, "watcher"),
            ["Watcher:ReportInterval"] = "00:00:01",
            ["Watcher:ProofInterval"] = "00:00:01",
            ["Indexer:OwnerSilence"] = "00:00:00",
            ["Indexer:AnnouncementInterval"] = "00:00:01",
            ["Indexer:ProofPatience"] = "00:00:03",
            ["Indexer:ClockPatience"] = "00:00:05",
            ["Urls"] = "http://127.0.0.1:0",
        });
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(_clock);
        builder.AddBus(bus =>
        {
            bus.AddWatcherConsumers();
            bus.AddIndexerConsumers();
        });
        builder.AddWatcher();
        builder.AddIndexer();
        _app = builder.Build();
        _app.MapIndexerApi();
        await _app.StartAsync(Cancellation);
    }

    private async Task EndAsync()
    {
        if (_app is null)
            return;
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        _app = null;
    }

    private Uri At(string path) =>
        new(new Uri(_app!.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()), path);

    private Task RegisterAsync() => Wait.UntilAsync(
        async () =>
        {
            using var added = await _api.PostAsJsonAsync(
                At("api/libraries"), new { id = "photos", name = "photos", host = "here", path = _disk.Root }, Cancellation);
            return added.IsSuccessStatusCode;
        },
        "The library is not registered.");

    private Task<List<CatalogPhoto>> PhotosAsync() => CatalogPhoto.ReadAllAsync(_api, At("api/libraries/photos/photos.ndjson"), "photos");

    private Task<Dictionary<string, CatalogPhoto>> EqualsDiskAsync() =>
        Catalog.EqualsDiskAsync(PhotosAsync, _disk, problem => Wait.UntilAsync(problem));

    private async Task<Dictionary<string, CatalogPhoto>> AreBroughtBackAsync()
    {
        await Wait.UntilAsync(
            async () => (await PhotosAsync()).TrueForAll(
                photo => DateTimeOffset.UnixEpoch.AddMicroseconds(photo.Version) < DateTimeOffset.UtcNow),
            "Versions are still ahead.");
        await IsVerifiedAsync();
        return await EqualsDiskAsync();
    }

    // From now on; by the clock of the process.
    private async Task IsVerifiedAsync()
    {
        var now = _clock.GetUtcNow();
        await Wait.UntilAsync(async () =>
        {
            var verification = await _api.GetFromJsonAsync<JsonNode>(At("api/libraries/photos/verification"), Cancellation);
            return verification!["verifiedAt"]?.GetValue<DateTimeOffset>() is { } at && at > now && at < now.AddHours(1)
                ? null
                : $"It is not verified: {verification.ToJsonString()}";
        });
    }

    private static void Kept(Dictionary<string, CatalogPhoto> before, Dictionary<string, CatalogPhoto> after, string moved)
    {
        for (int i = 0; i < 40; i++)
            Assert.Equal(before[$"2026/000/photo {i:D5}.jpg"].PhotoId, after[$"{moved}/photo {i:D5}.jpg"].PhotoId);
        Assert.Equal(before["2026/002/photo 00080.jpg"].PhotoId, after["2026/002/photo 00080.jpg"].PhotoId);
    }
}
