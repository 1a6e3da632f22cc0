using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using WatchPhoto.Contracts;
using WatchPhoto.Testing;

namespace WatchPhoto.Indexer.Tests.Api;

/// <summary>A replay that cannot be says why, and what would help.</summary>
public class ReplayTests(TestServers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", "Say from when on")]
    [InlineData("{}", "Say from when on")]
    [InlineData("""{"from":"2026-11-23T06:00:00Z","to":"2026-11-23T05:00:00Z"}""", "from must come before to")]
    [InlineData("""{"from":"2999-01-01T00:00:00Z"}""", "from must come before to, and before now")]
    [InlineData("""{"from":"yesterday"}""", "The field 'from' does not have a value that fits")]
    [InlineData(
        """{"from":"2026-11-23T06:00:00Z","libary":"photos"}""", "The field 'libary' is unknown; a replay has from, to and library")]
    public async Task A_request_that_cannot_be_meant_is_refused(string body, string reason)
    {
        await using var indexer = await (await LiveIndexer.StartAsync()).ReadyAsync();
        using var content = body.Length == 0 ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await indexer.Http.PostAsync(new Uri("/api/replay", UriKind.Relative), content, Cancellation);
        await IsAsync(HttpStatusCode.BadRequest, reason, answer);
    }

    [Fact]
    public async Task Of_a_library_that_there_is_none_of_nothing_is_replayed()
    {
        await using var indexer = await (await LiveIndexer.StartAsync()).ReadyAsync();
        await IsAsync(HttpStatusCode.NotFound, "There is no library 'photos'", await ReplayAsync(indexer, "photos"));
    }

    [Fact]
    public async Task In_memory_there_is_no_history()
    {
        await using var indexer = await (await LiveIndexer.StartAsync()).ReadyAsync();
        await IsAsync(
            HttpStatusCode.Conflict,
            "The bus is in memory and keeps no history: that takes RabbitMQ (ConnectionStrings__RabbitMq). To have a watcher",
            await ReplayAsync(indexer));
    }

    [Fact]
    public async Task Where_none_is_wanted_there_is_no_history_and_no_stream()
    {
        var broker = await Broker.CreateAsync(servers);
        await using var indexer = await StartAsync(broker, new() { ["Bus:HistoryAge"] = "00:00:00" });
        await indexer.PublishAsync(Messages.Of(Messages.Created("a.jpg")));
        await IsAsync(HttpStatusCode.Conflict, "set Bus__HistoryAge", await ReplayAsync(indexer));
        Assert.DoesNotContain(await broker.QueuesAsync(), name => name.EndsWith("history", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_last_line_tells_what_was_replayed_and_a_history_that_somebody_deleted_is_said_to_be_gone()
    {
        var broker = await Broker.CreateAsync(servers);
        await using var indexer = await StartAsync(broker, []);
        await indexer.RegisterAsync();
        int sent = await indexer.PublishAsync(Messages.Of(Messages.Created("a.jpg"), Messages.Created("b.jpg")));
        using var replay = await ReplayAsync(indexer, "photos");
        Assert.Equal("application/x-ndjson", replay.Content.Headers.ContentType?.MediaType);
        string[] lines = (await replay.Content.ReadAsStringAsync(Cancellation)).TrimEnd('\n').Split('\n');
        // A message that was sent twice may be kept twice.
        Assert.Contains(lines[^1], Enumerable.Range(1, sent).Select(messages =>
            $$"""{"state":"done","place":{{messages}},"messages":{{messages}},"events":{{2 * messages}},"dropped":0,"refused":0}"""));

        await broker.DeleteAsync(BusNames.HistoryStream);
        await IsAsync(HttpStatusCode.Conflict, "no history any more", await ReplayAsync(indexer));
    }

    [Fact]
    public async Task A_service_that_is_told_another_age_than_the_history_has_waits_and_says_why()
    {
        var broker = await Broker.CreateAsync(servers);
        await using (await StartAsync(broker, []))
        {
            // It has made the history.
        }

        // With the interval that operators have: announcements that are given up earlier than the broker answers take the reason along.
        var settings = new Dictionary<string, string?>(broker.Settings)
        {
            ["Bus:HistoryAge"] = "7.00:00:00", ["Indexer:AnnouncementInterval"] = "00:00:05",
        };
        var other = await LiveIndexer.StartAsync(settings);
        try
        {
            // On a busy machine the bus was seen to wait for ever for the queue that the broker refused. Then the service ends, to be
            // started again.
            for (int starts = 1; !await IsSaidAsync(other); starts++)
            {
                Assert.True(starts < 5, "The service ends again and again, and does not say why.");
                await other.DisposeAsync();
                other = await LiveIndexer.StartAsync(settings);
            }

            // One announcement may be given up, and that be said first.
            Assert.Single(
                other.Log.Lines,
                line => line.Contains("does not answer", StringComparison.Ordinal)
                    && !line.Contains("no answer in time", StringComparison.Ordinal));
        }
        finally
        {
            await other.DisposeAsync();
        }
    }

    // False: the service has ended.
    private static async Task<bool> IsSaidAsync(LiveIndexer indexer)
    {
        await Wait.UntilAsync(() => Says(indexer, "inequivalent arg 'x-max-age'") || Says(indexer, "to be started again"));
        return Says(indexer, "inequivalent arg 'x-max-age'");
    }

    private static bool Says(LiveIndexer indexer, string what) =>
        indexer.Log.Lines.Any(line => line.Contains(what, StringComparison.Ordinal));

    private static async Task<LiveIndexer> StartAsync(Broker broker, Dictionary<string, string?> settings) =>
        await (await LiveIndexer.StartAsync(broker.Settings.Concat(settings).ToDictionary())).ReadyAsync();

    private static Task<HttpResponseMessage> ReplayAsync(LiveIndexer indexer, string? library = null) =>
        indexer.Http.PostAsJsonAsync("/api/replay", new { from = DateTimeOffset.UnixEpoch, library }, Cancellation);

    private static async Task IsAsync(HttpStatusCode status, string reason, HttpResponseMessage answer)
    {
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        Assert.Equal(status, answer.StatusCode);
        Assert.Contains(reason, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }
}
