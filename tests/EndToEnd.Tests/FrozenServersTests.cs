using WatchPhoto.EndToEnd.Tests.Harness;
using WatchPhoto.Testing;

namespace WatchPhoto.EndToEnd.Tests;

/// <summary>Servers that take connections and answer nobody.</summary>
public sealed class FrozenServersTests(OwnServers servers) : IClassFixture<OwnServers>
{
    // Longer than any heartbeat and any patience of a publisher or a driver.
    private static readonly TimeSpan Frost = TimeSpan.FromSeconds(35);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RabbitMq_frozen_under_load_loses_nothing()
    {
        var own = await StartServersAsync();
        await using var installation = await Installation.StartAsync(own, ["north"], indexers: 2);

        await installation.SurvivesUnderLoadAsync("north", async churn =>
        {
            await own.RabbitMq.StopAsync(Cancellation);
            await Task.Delay(Frost, Cancellation);
            await own.RabbitMq.ContinueAsync(Cancellation);
        });
    }

    [Fact]
    public async Task MongoDb_frozen_under_load_loses_nothing()
    {
        var own = await StartServersAsync();
        await using var installation = await Installation.StartAsync(own, ["north"], indexers: 2);

        await installation.SurvivesUnderLoadAsync("north", async churn =>
        {
            await own.MongoDb.StopAsync(Cancellation);
            await Task.Delay(Frost, Cancellation);
            await own.MongoDb.ContinueAsync(Cancellation);
        });
    }

    private async Task<RunningServers> StartServersAsync()
    {
        var own = await servers.StartAsync(Cancellation);
        Assert.SkipUnless(own.CanFault, "the servers are not ours to stop");
        return own;
    }
}
