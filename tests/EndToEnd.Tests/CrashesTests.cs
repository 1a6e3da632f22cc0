using WatchPhoto.EndToEnd.Tests.Harness;
using WatchPhoto.Testing;

namespace WatchPhoto.EndToEnd.Tests;

/// <summary>Services killed at any instant while the disk changes.</summary>
public sealed class CrashesTests(TestServers servers)
{
    private const int Times = 6;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Indexers_told_to_end_while_they_apply_end_well_and_lose_nothing()
    {
        await using var installation = await Installation.StartAsync(await servers.StartAsync(Cancellation), ["north"], indexers: 2);
        await installation.SurvivesUnderLoadAsync("north", async churn =>
        {
            for (int i = 0; i < Times; i++)
            {
                var indexer = installation.Indexers[i % 2];
                await churn.StepsAsync(50);
                Assert.Equal(0, await indexer.TerminateAsync());
                indexer.Start();
                await indexer.ApiAsync();
            }
        });
        Assert.All(
            installation.Indexers,
            indexer => Assert.DoesNotContain(indexer.Lines, line => line.Contains("Exception", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Watcher_and_indexers_frozen_for_a_while_go_on_where_they_were()
    {
        await using var installation = await Installation.StartAsync(await servers.StartAsync(Cancellation), ["north"], indexers: 2);
        await installation.SurvivesUnderLoadAsync("north", async churn =>
        {
            foreach (var process in new ServiceProcess[] { installation.Indexers[0], installation.Watchers[0] })
            {
                process.Stop();
                await churn.StepsAsync(500);
                process.Continue();
                await churn.StepsAsync(100);
            }
        });
    }
}

/// <summary>Indexers killed at a hundred random instants while the disk changes.</summary>
public sealed class IndexerKillsTests(TestServers servers)
{
    [Fact]
    public async Task An_indexer_killed_while_it_applies_leaves_nothing_half_believed()
    {
        await using var installation = await Installation.StartAsync(
            await servers.StartAsync(TestContext.Current.CancellationToken), ["north"], indexers: 4);
        var random = new Random(100);
        await installation.SurvivesUnderLoadAsync("north", async churn =>
        {
            for (int i = 0; i < 100; i++)
            {
                // Three others start or apply meanwhile; this one applies again before it is killed again.
                var indexer = installation.Indexers[i % installation.Indexers.Count];
                await indexer.ApiAsync();
                await churn.StepsAsync(random.Next(1, 100));
                indexer.Kill();
                indexer.Start();
            }
        });
    }
}

/// <summary>A watcher killed at a hundred random instants while the disk changes.</summary>
public sealed class WatcherKillsTests(TestServers servers)
{
    [Fact]
    public async Task A_watcher_killed_while_it_publishes_loses_nothing()
    {
        await using var installation = await Installation.StartAsync(
            await servers.StartAsync(TestContext.Current.CancellationToken), ["north"], indexers: 1);
        var watcher = installation.Watchers[0];
        var random = new Random(100);
        await installation.SurvivesUnderLoadAsync("north", async churn =>
        {
            for (int i = 0; i < 100; i++)
            {
                await churn.StepsAsync(random.Next(1, 300));
                watcher.Kill();
                watcher.Start();
            }
        });
    }
}
