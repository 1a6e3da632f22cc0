using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MongoDB.Bson;
using WatchPhoto.Bus;
using WatchPhoto.EndToEnd.Tests.Harness;
using WatchPhoto.Testing;
using WatchPhoto.Watcher;

namespace WatchPhoto.EndToEnd.Tests;

/// <summary>
/// A watcher's clock that is set back, or wrong for a while. The watcher is as its program composes it, but in this process: its clock
/// is the test's.
/// </summary>
public sealed class ClockTests(TestServers servers)
{
    private const string HostName = "drifting";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_clock_set_back_by_an_hour_loses_nothing_and_is_proven_so()
    {
        await using var host = await DriftingHost.StartAsync(await servers.StartAsync(Cancellation));
        var (installation, clock) = (host.Installation, host.Clock);
        var disk = installation.CreateDisk();
        disk.AddPhotos(200);
        var library = await installation.RegisterAsync(HostName, disk);
        var before = await library.EqualsDiskAsync();
        await library.IsVerifiedAsync();

        clock.Set(TimeSpan.FromHours(-1));
        disk.Run("mv 2026/000 moved; rm 2026/001/*; printf more >> '2026/002/photo 00080.jpg'");
        disk.AddPhotos(20, below: "added");
        var after = await library.EqualsDiskAsync();
        Grown(before, after);
        Assert.Equal(before["2026/000/photo 00000.jpg"].PhotoId, after["moved/photo 00000.jpg"].PhotoId);
        Assert.Equal(before["2026/002/photo 00080.jpg"].PhotoId, after["2026/002/photo 00080.jpg"].PhotoId);
        await library.IsVerifiedAsync();

        // What it reports now is believed as well: else nobody would find this.
        await installation.Database.GetCollection<BsonDocument>("registers").DeleteManyAsync(
            new BsonDocument("library", library.Id), Cancellation);
        var healed = await library.EqualsDiskAsync();
        Grown(after, healed);
        Assert.Equal(after.Values.Select(photo => photo.PhotoId), healed.Values.Select(photo => photo.PhotoId));
        await library.IsVerifiedAsync();

        await host.StopWatcherAsync();
        disk.Run("mv moved 'moved again'; rm added/*/*");
        await host.StartWatcherAsync();
        var last = await library.EqualsDiskAsync();
        Grown(healed, last);
        Assert.Equal(before["2026/000/photo 00000.jpg"].PhotoId, last["moved again/photo 00000.jpg"].PhotoId);
        await library.IsVerifiedAsync();
        await installation.ErrorQueueIsEmptyAsync();
    }

    [Theory]
    [InlineData(3)]
    [InlineData(3653)]
    [InlineData(-20785)]
    public async Task A_clock_that_is_wrong_for_a_while_is_said_and_nothing_is_told_by_it(int days)
    {
        await using var host = await DriftingHost.StartAsync(await servers.StartAsync(Cancellation));
        var (installation, clock) = (host.Installation, host.Clock);
        var disk = installation.CreateDisk();
        disk.AddPhotos(100);
        var library = await installation.RegisterAsync(HostName, disk);
        var before = await library.EqualsDiskAsync();
        await library.IsVerifiedAsync();

        clock.Set(TimeSpan.FromDays(days));
        disk.Run("mv 2026/000 moved; rm 2026/001/*; printf more >> '2026/002/photo 00080.jpg'");
        disk.AddPhotos(5, below: "added");
        var during = await library.EqualsDiskAsync();
        Near(during);
        Grown(before, during);
        Assert.Equal(before["2026/000/photo 00000.jpg"].PhotoId, during["moved/photo 00000.jpg"].PhotoId);
        await IsAsync(installation, library, "degraded", days > 0 ? "ahead of the indexers'" : "behind the indexers'");

        // Started by the wrong clock it tells nothing before an indexer is heard.
        await host.StopWatcherAsync();
        disk.Run("mv moved 'moved again'; rm added/*/*; printf more >> '2026/002/photo 00081.jpg'");
        await host.StartWatcherAsync();
        var restarted = await library.EqualsDiskAsync();
        Near(restarted);
        Assert.Equal(before["2026/000/photo 00000.jpg"].PhotoId, restarted["moved again/photo 00000.jpg"].PhotoId);
        await IsAsync(installation, library, "degraded", "set the one right that is wrong");

        clock.Set(TimeSpan.FromDays(-days));
        await IsAsync(installation, library, "watching", null);
        disk.AddPhotos(5, below: "later");
        disk.Run("mv 'moved again' 'moved at last'");
        var after = await library.EqualsDiskAsync();
        Near(after);
        Assert.Equal(before["2026/000/photo 00000.jpg"].PhotoId, after["moved at last/photo 00000.jpg"].PhotoId);
        await library.IsVerifiedAsync();
        await installation.ErrorQueueIsEmptyAsync();
    }

    private static Task IsAsync(Installation installation, PhotoLibrary library, string state, string? reason) =>
        installation.UntilAsync(async () =>
    {
        var report = await library.ReportAsync();
        return report?["state"]!.GetValue<string>() == state
            && (reason is null || report["reason"]!.GetValue<string>().Contains(reason, StringComparison.Ordinal))
            ? null
            : $"{library.Id} is not {state}: {report?.ToJsonString()}";
    });

    // No version is of a clock that is days away.
    private static void Near(Dictionary<string, CatalogPhoto> photos) => Assert.All(photos.Values, photo =>
        Assert.True(
            (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch.AddMicroseconds(photo.Version)).Duration() < TimeSpan.FromHours(1),
            $"{photo.Path} has the version {photo.Version}."));

    // What was told meanwhile has a version above all that was there.
    private static void Grown(Dictionary<string, CatalogPhoto> before, Dictionary<string, CatalogPhoto> after)
    {
        long highest = before.Values.Max(photo => photo.Version);
        var told = after.Values.Where(photo => before.GetValueOrDefault(photo.Path)?.Version != photo.Version).ToList();
        Assert.NotEmpty(told);
        Assert.All(
            told, photo => Assert.True(photo.Version > highest, $"{photo.Path} has the version {photo.Version}, {highest} was there."));
    }

    /// <summary>Servers, indexers, and a watcher in this process, whose clock somebody sets.</summary>
    private sealed class DriftingHost : IAsyncDisposable
    {
        private readonly string _state = Directory.CreateTempSubdirectory("watchphoto-clock-").FullName;
        private IHost? _watcher;

        private DriftingHost(Installation installation) => Installation = installation;

        public Installation Installation { get; }

        public SettableClock Clock { get; } = new();

        public static async Task<DriftingHost> StartAsync(RunningServers servers)
        {
            var host = new DriftingHost(await Installation.CreateAsync(servers, [], indexers: 2));
            foreach (var indexer in host.Installation.Indexers)
                indexer.Start();
            await host.Installation.AreReadyAsync();
            await host.StartWatcherAsync();
            return host;
        }

        public async Task StartWatcherAsync()
        {
            var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["ConnectionStrings:RabbitMq"] = Installation.Environment["ConnectionStrings__RabbitMq"],
                ["Watcher:Host"] = HostName,
                ["Watcher:StateDirectory"] = _state,
                ["Watcher:ReportInterval"] = "00:00:01",
                ["Watcher:ProofInterval"] = "00:00:02",
            });
            builder.Services.AddSingleton<TimeProvider>(Clock);
            // MassTransit keeps the last host's in a static field and uses it in the next one.
            builder.Services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
            builder.AddBus(bus => bus.AddWatcherConsumers());
            builder.AddWatcher();
            _watcher = builder.Build();
            await _watcher.StartAsync(Cancellation);
        }

        public async Task StopWatcherAsync()
        {
            if (_watcher is null)
                return;
            await _watcher.StopAsync(CancellationToken.None);
            _watcher.Dispose();
            _watcher = null;
        }

        public async ValueTask DisposeAsync()
        {
            await StopWatcherAsync();
            await Installation.DisposeAsync();
            Directory.Delete(_state, recursive: true);
        }
    }
}
