using WatchPhoto.EndToEnd.Tests.Harness;
using WatchPhoto.Testing;

namespace WatchPhoto.EndToEnd.Tests;

/// <summary>Servers that take connections and answer nobody.</summary>
public sealed class FrozenServersTests(OwnServers servers) : IClassFixture<OwnServers>
{
    // Longer than two heartbeats, and than a publisher waits for a confirmation, twice.
    private static readonly TimeSpan FrostOfRabbitMq = TimeSpan.FromSeconds(60);

    // Longer than the driver takes to notice: a heartbeat every 10 s that waits for 30 s.
    private static readonly TimeSpan FrostOfMongoDb = TimeSpan.FromSeconds(50);

    // What gathers meanwhile should not take a minute to apply.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RabbitMq_frozen_under_load_loses_nothing()
    {
        var own = await servers.StartFaultableAsync();
        await using var installation = await Installation.StartAsync(own, ["north"], indexers: 2);

        await installation.SurvivesUnderLoadAsync(
            "north",
            async _ =>
            {
                await own.RabbitMq.StopAsync(Cancellation);
                await Task.Delay(FrostOfRabbitMq, Cancellation);
                await own.RabbitMq.ContinueAsync(Cancellation);
            },
            Pause);
    }

    [Fact]
    public async Task MongoDb_frozen_under_load_loses_nothing()
    {
        var own = await servers.StartFaultableAsync();
        await using var installation = await Installation.StartAsync(own, ["north"], indexers: 2);

        await installation.SurvivesUnderLoadAsync(
            "north",
            async _ =>
            {
                await own.MongoDb.StopAsync(Cancellation);
                await Task.Delay(FrostOfMongoDb, Cancellation);
                await own.MongoDb.ContinueAsync(Cancellation);
            },
            Pause);
    }
}
