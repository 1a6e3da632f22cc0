using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using MassTransit;
using WatchPhoto.Contracts;
using WatchPhoto.Testing;

namespace WatchPhoto.Indexer.Tests.Api;

/// <summary>A preview is asked of a host's watcher; here a test answers as one.</summary>
public class PreviewTests(TestServers fixture)
{
    private static readonly Guid State = Guid.Parse("0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c11");

    [Theory, InlineData(false), InlineData(true)]
    public async Task The_hosts_watcher_tells_what_a_library_would_hold(bool overRabbitMq)
    {
        var asked = new List<LibraryPreviewRequested>();
        await using var indexer = await StartAsync(overRabbitMq, request =>
        {
            asked.Add(request);
            return new LibraryPreviewed
            {
                PreviewId = request.PreviewId, Files = 1204, Paths = ["a.jpg", "b.jpg"], DirectoriesLeftOut = 3, IsComplete = true,
            };
        });

        var (status, preview) = await PreviewAsync(indexer, """{"host":"nas","path":"/srv/new/","include":["*.{jpg,png}"]}""");
        Assert.Equal(200, status);
        Assert.Equal("""{"files":1204,"isComplete":true,"directoriesLeftOut":3,"paths":["a.jpg","b.jpg"]}""", preview.GetRawText());
        var request = Assert.Single(asked);
        Assert.Equal((State, "nas", "/srv/new", 1), (request.StateId, request.Library.Host, request.Library.Path, request.Seconds));
        Assert.Equal(["*.{jpg,png}"], request.Library.Include);
        Assert.Null(request.Library.Exclude);

        // Of a registered one, what is not said is as registered; said as a whole, it is as a replacement would be.
        await SendAsync(
            indexer, HttpMethod.Put, "/api/libraries/photos",
            """{"name":"photos","host":"nas","path":"/srv/photos","include":["*.dng"]}""");
        Assert.Equal(200, (await PreviewAsync(indexer, """{"id":"photos","exclude":["Raw/**"]}""")).Status);
        Assert.Equal(("/srv/photos", "photos"), (asked[1].Library.Path, asked[1].Library.Id));
        Assert.Equal(["*.dng"], asked[1].Library.Include);
        Assert.Equal(["Raw/**"], asked[1].Library.Exclude);
        Assert.Equal(200, (await PreviewAsync(indexer, """{"id":"photos","name":"x","host":"nas","path":"/srv/photos/2026"}""")).Status);
        Assert.Null(asked[2].Library.Include);

        // Nothing was registered by it.
        using var libraries = await indexer.Http.GetAsync(
            new Uri("/api/libraries", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(1, (await libraries.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetArrayLength());
    }

    [Theory]
    [InlineData("""{"host":"nas","path":"/"}""", 400, "whole host")]
    [InlineData("""{"host":"nas","path":"/a/../b"}""", 400, "'..' component")]
    [InlineData("""{"path":"/a"}""", 400, "needs a host")]
    [InlineData("""{"host":"nas","path":"/a","include":["["]}""", 400, "bracket")]
    [InlineData("""{"host":"nas","path":"/a","include":[]}""", 400, "include list is empty")]
    [InlineData("""{"host":"nas","path":"/a","backend":"s3"}""", 400, "is not looked at")]
    [InlineData("""{"host":"nas","path":"/a","colour":"red"}""", 400, "'colour' is unknown")]
    [InlineData("""{"host":"nas","path":"/srv/photos/2026"}""", 409, "overlaps")]
    [InlineData("""{"id":"nope"}""", 404, "no library 'nope'")]
    [InlineData("""{"host":"other","path":"/a"}""", 503, "No watcher calls itself 'other'")]
    [InlineData("null", 400, "a JSON object with name, host and path")]
    public async Task What_would_not_be_registered_or_cannot_be_asked_is_refused_before_anybody_looks(
        string body, int status, string sentence)
    {
        bool isAsked = false;
        await using var indexer = await StartAsync(false, request =>
        {
            isAsked = true;
            return null;
        });
        var (answered, problem) = await PreviewAsync(indexer, body);
        Assert.Equal(status, answered);
        Assert.Contains(sentence, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.False(isAsked);
    }

    [Fact]
    public async Task What_the_watcher_cannot_tell_is_a_problem_with_its_sentence_and_silence_one_after_a_while()
    {
        LibraryPreviewed? answer = null;
        await using var indexer = await StartAsync(false, request => answer is null ? null : answer with { PreviewId = request.PreviewId });

        answer = new LibraryPreviewed { PreviewId = default, Problem = "The directory is not there." };
        var (status, problem) = await PreviewAsync(indexer, """{"host":"nas","path":"/a"}""");
        Assert.Equal((422, "The directory is not there."), (status, problem.GetProperty("detail").GetString()));

        answer = new LibraryPreviewed { PreviewId = default, Problem = "The watcher is busy.", IsBusy = true };
        (status, problem) = await PreviewAsync(indexer, """{"host":"nas","path":"/a"}""");
        Assert.Equal((503, "The watcher is busy."), (status, problem.GetProperty("detail").GetString()));

        answer = null;
        (status, problem) = await PreviewAsync(indexer, """{"host":"nas","path":"/a"}""");
        Assert.Equal(504, status);
        Assert.Contains("does not answer", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    /// <param name="answer">What the watcher says; null: nothing.</param>
    private async Task<LiveIndexer> StartAsync(bool overRabbitMq, Func<LibraryPreviewRequested, LibraryPreviewed?> answer)
    {
        var settings = new Dictionary<string, string?> { ["Indexer:PreviewTime"] = "00:00:01" };
        if (overRabbitMq)
        {
            foreach (var (name, value) in (await Broker.CreateAsync(fixture)).Settings)
                settings[name] = value;
        }

        var indexer = await LiveIndexer.StartAsync(settings, bus => bus.AddHandler<LibraryPreviewRequested>(context =>
            answer(context.Message) is { } preview ? context.Publish(preview) : Task.CompletedTask));
        await (await indexer.ReadyAsync()).RegisterAsync();
        await indexer.PublishAsync(new WatcherReport
        {
            Host = "nas", StateId = State, RunId = Guid.NewGuid(), SentAt = DateTimeOffset.UtcNow, WatchesUsed = 1, WatchesLimit = 2,
            PendingOutbox = 3, Libraries = [],
        });
        await Wait.UntilAsync(async () =>
            (await indexer.Http.GetStringAsync(new Uri("/api/watchers", UriKind.Relative), TestContext.Current.CancellationToken))
                .Contains("nas", StringComparison.Ordinal));
        return indexer;
    }

    private static Task<(int Status, JsonElement Body)> PreviewAsync(LiveIndexer indexer, string body) =>
        SendAsync(indexer, HttpMethod.Post, "/api/libraries/preview", body);

    private static async Task<(int Status, JsonElement Body)> SendAsync(LiveIndexer indexer, HttpMethod method, string path, string body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        using var answer = await indexer.Http.SendAsync(request, TestContext.Current.CancellationToken);
        return ((int)answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken));
    }
}
