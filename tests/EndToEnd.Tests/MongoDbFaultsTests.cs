using WatchPhoto.EndToEnd.Tests.Harness;
using WatchPhoto.Testing;

namespace WatchPhoto.EndToEnd.Tests;

/// <summary>MongoDB killed, restarted, and not there at the start.</summary>
public sealed class MongoDbFaultsTests(OwnServers servers) : IClassFixture<OwnServers>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task MongoDb_killed_and_restarted_under_load_loses_nothing()
    {
        var own = await servers.StartFaultableAsync();
        await using var installation = await Installation.StartAsync(own, ["north", "south"], indexers: 2);

        await installation.SurvivesUnderLoadAsync("south", async churn =>
        {
            await own.MongoDb.KillAsync(Cancellation);
            await churn.StepsAsync(300);
            await own.MongoDb.StartAsync(Cancellation);
            await churn.StepsAsync(100);
            await own.MongoDb.RestartAsync(Cancellation);
        });
    }

    [Fact]
    public async Task Services_started_without_MongoDb_wait_say_so_once_and_go_on_by_themselves()
    {
        var own = await servers.StartFaultableAsync();
        await using var installation = await Installation.CreateAsync(own, ["north"], indexers: 1);
        var indexer = installation.Indexers[0];
        var disk = installation.CreateDisk();
        disk.AddPhotos(50);

        await own.MongoDb.KillAsync(Cancellation);
        installation.Watchers[0].Start();
        indexer.Start();
        await indexer.WritesAsync("database does not answer");
        await own.MongoDb.StartAsync(Cancellation);

        await installation.AreReadyAsync();
        var library = await installation.RegisterAsync("north", disk);
        await library.EqualsDiskAsync();
        await library.IsVerifiedAsync();
        await installation.ErrorQueueIsEmptyAsync();
        Assert.Single(indexer.Lines, line => line.Contains("database does not answer", StringComparison.Ordinal));
        Assert.Single(indexer.Lines, line => line.Contains("database answers again", StringComparison.Ordinal));
    }
}
