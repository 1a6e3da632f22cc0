using System.Net;
using System.Net.Http.Json;
using WatchPhoto.Contracts;
using WatchPhoto.EndToEnd.Tests.Harness;
using WatchPhoto.Testing;

namespace WatchPhoto.EndToEnd.Tests;

/// <summary>RabbitMQ killed, restarted, out of disk, and not there at the start.</summary>
public sealed class RabbitMqFaultsTests(OwnServers servers) : IClassFixture<OwnServers>
{
    // A replay has 64 messages on the way, and some more in hand.
    private const int MoreThanIsReadAhead = 300;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RabbitMq_killed_and_restarted_under_load_loses_nothing()
    {
        var own = await servers.StartFaultableAsync();
        await using var installation = await Installation.StartAsync(own, ["north", "south"], indexers: 2);

        await installation.SurvivesUnderLoadAsync("south", async churn =>
        {
            await own.RabbitMq.KillAsync(Cancellation);
            await churn.StepsAsync(300);
            await own.RabbitMq.StartAsync(Cancellation);
            await churn.StepsAsync(100);
            await own.RabbitMq.RestartAsync(Cancellation);
        });
    }

    [Fact]
    public async Task Connections_closed_again_and_again_leave_no_queue_without_a_reader()
    {
        var own = await servers.StartFaultableAsync();
        await using var installation = await Installation.StartAsync(own, ["north"], indexers: 2);

        await installation.SurvivesUnderLoadAsync("north", async churn =>
        {
            for (int i = 0; i < 50; i++)
            {
                await installation.Broker.CloseConnectionsAsync();
                await churn.StepsAsync(10);
            }
        });
    }

    [Fact]
    public async Task Queues_that_are_deleted_are_made_again_and_what_was_in_them_is_told_again()
    {
        var own = await servers.StartFaultableAsync();
        await using var installation = await Installation.StartAsync(own, ["north"], indexers: 2);

        await installation.SurvivesUnderLoadAsync("north", async churn =>
        {
            for (int i = 0; i < 3; i++)
            {
                await installation.Broker.DeleteQueuesAsync();
                await churn.StepsAsync(50);
            }
        });
    }

    [Fact]
    public async Task RabbitMq_out_of_disk_takes_nothing_for_a_while_and_nothing_is_lost()
    {
        var own = await servers.StartFaultableAsync();
        await using var installation = await Installation.CreateAsync(own, ["north"], indexers: 2);
        var watcher = installation.Watchers[0];
        watcher.Set("Bus__PublishTimeout", "00:00:03");
        await installation.StartAsync();

        await installation.SurvivesUnderLoadAsync("north", async churn =>
        {
            await own.RaiseDiskAlarmAsync(Cancellation);
            await watcher.WritesAsync("Messages are not taken");
            await churn.StepsAsync(300);
            await own.ClearDiskAlarmAsync(Cancellation);
            await watcher.WritesAsync("Messages are taken again");
        });
    }

    [Fact]
    public async Task Services_started_without_RabbitMq_wait_say_so_once_and_go_on_by_themselves()
    {
        var own = await servers.StartFaultableAsync();
        await using var installation = await Installation.CreateAsync(own, ["north"], indexers: 1);
        var (watcher, indexer) = (installation.Watchers[0], installation.Indexers[0]);
        var disk = installation.CreateDisk();
        disk.AddPhotos(50);

        await own.RabbitMq.KillAsync(Cancellation);
        watcher.Start();
        indexer.Start();
        await watcher.WritesAsync("does not answer");
        await indexer.WritesAsync("does not answer");
        var library = await RegisterAsync(installation, disk);
        await own.RabbitMq.StartAsync(Cancellation);

        await library.EqualsDiskAsync();
        await library.IsVerifiedAsync();
        await installation.ErrorQueueIsEmptyAsync();
        foreach (var process in new ServiceProcess[] { watcher, indexer })
        {
            await process.WritesAsync("answers again");
            Assert.Single(
                process.Lines,
                line => line.Contains("RabbitMQ", StringComparison.Ordinal) && line.Contains("does not answer", StringComparison.Ordinal));
            Assert.Single(process.Lines, line => line.Contains("answers again", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_replay_that_loses_RabbitMq_says_so_and_is_refused_until_it_is_back()
    {
        var own = await servers.StartFaultableAsync();
        await using var installation = await Installation.StartAsync(own, ["north"], indexers: 1);
        var api = await installation.ApiAsync();
        var library = await installation.RegisterAsync("north", installation.CreateDisk());
        var atOnce = new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Cancellation };
        await Parallel.ForAsync(0, MoreThanIsReadAhead, atOnce, async (_, _) => await installation.Broker.PublishAsync(
            BusNames.FileEventsExchange, "",
            $$"""{"libraryId":"{{library.Id}}","epoch":1,"host":"north","events":["""
                + $$"""{"kind":"deleted","version":1,"path":"never there.jpg"}]}"""));

        // It applies nothing meanwhile, and so is in the middle of the history.
        await own.MongoDb.StopAsync(Cancellation);
        using var answer = await api.SendAsync(Replay(), HttpCompletionOption.ResponseHeadersRead, Cancellation);
        await own.RabbitMq.KillAsync(Cancellation);
        await own.MongoDb.ContinueAsync(Cancellation);
        Assert.Contains("\"state\":\"failed\"", await LastLineAsync(answer), StringComparison.Ordinal);
        await IsRefusedAsync();

        await own.RabbitMq.StartAsync(Cancellation);
        await own.RabbitMq.StopAsync(Cancellation);
        await IsRefusedAsync();
        await own.RabbitMq.ContinueAsync(Cancellation);
        // A stream is there a little later than the server that keeps it.
        await installation.UntilAsync(async () =>
        {
            using var again = await api.SendAsync(Replay(), Cancellation);
            return again.StatusCode == HttpStatusCode.ServiceUnavailable ? await again.Content.ReadAsStringAsync(Cancellation)
                : (await LastLineAsync(again)).Contains("\"state\":\"done\"", StringComparison.Ordinal) ? null : "It has not ended.";
        });

        async Task IsRefusedAsync()
        {
            using var refused = await api.SendAsync(Replay(), Cancellation);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.Contains("try again in a while", await refused.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        }
    }

    private static HttpRequestMessage Replay() => new(HttpMethod.Post, new Uri("api/replay", UriKind.Relative))
    {
        Content = JsonContent.Create(new { from = DateTimeOffset.UnixEpoch }),
    };

    private static async Task<string> LastLineAsync(HttpResponseMessage answer)
    {
        var lines = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True(answer.IsSuccessStatusCode, lines);
        return lines.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
    }

    // The database is there, so the API answers.
    private static async Task<PhotoLibrary> RegisterAsync(Installation installation, Disk disk)
    {
        await installation.UntilAsync(async () =>
        {
            using var libraries = await (await installation.ApiAsync()).GetAsync(new Uri("api/libraries", UriKind.Relative), Cancellation);
            return libraries.IsSuccessStatusCode ? null : "The API does not answer.";
        });
        return await installation.RegisterAsync("north", disk);
    }
}
