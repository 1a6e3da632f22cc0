using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using WatchPhoto.Indexer.Proving;

namespace WatchPhoto.Indexer.Tests.Api;

/// <summary>Whatever a client sends, it is told in a sentence what is wrong, and nothing of it is a fault of the service's.</summary>
public class RefusalsTests
{
    private const string Json = "Content-Type: application/json";
    private const string Definition = """{"name":"x","host":"nas","path":"/a"}""";

    [Fact]
    public async Task A_request_that_takes_longer_than_its_time_is_broken_off_with_a_sentence()
    {
        var silent = new SilentVerifications();
        await using var indexer = await LiveIndexer.StartAsync(
            new Dictionary<string, string?> { ["Indexer:RequestTime"] = "00:00:01" }, services: services =>
                services.AddSingleton<IVerifications>(silent));
        await (await indexer.ReadyAsync()).RegisterAsync();
        using var answer = await indexer.Http.GetAsync(
            new Uri("/api/libraries/photos/verification", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Contains(
            "took too long", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.True(silent.IsBrokenOff);
        AssertNoFault(indexer);
    }

    [Theory]
    [InlineData("text/html")]
    [InlineData("image/png")]
    [InlineData("application/x-ndjson")]
    [InlineData("application/json")]
    [InlineData("nonsense")]
    [InlineData("")]
    public async Task Every_refusal_is_a_problem_with_a_sentence_whatever_is_accepted(string accept)
    {
        await using var indexer = await (await LiveIndexer.StartAsync()).ReadyAsync();
        using var raw = new RawHttp(indexer.Http.BaseAddress!);
        string large = new('x', 1024 * 1024);
        (string Line, string Headers, string Body, int Status, string Sentence)[] requests =
        [
            ("GET /nope", "", "", 404, "There is nothing at '/nope'"),
            ("GET /" + new string('a', 20_000), "", "", 404, "..."),
            ("GET /api/libraries/none", "", "", 404, "no library 'none'"),
            ("GET /api/libraries/" + new string('a', 20_000), "", "", 404, "no library 'aaa"),
            ("GET /api/libraries/none/photos.ndjson", "", "", 404, "no library 'none'"),
            ("PATCH /api/libraries", "", "", 405, "does not know PATCH"),
            ("GET /api/libraries?removed=1", "", "", 400, "The parameter 'removed' does not have a value that fits"),
            ("GET /api/libraries?removed=" + new string('\"', 9_000), "", "", 400,
             "The parameter 'removed' does not have a value that fits"),
            ("GET /api/photos?library=none&limit=1e3", "", "", 400, "'1e3' is not a number"),
            ("GET /api/photos?library=none&limit=" + new string('1', 9_000), "", "", 400, "is not a number"),
            ("GET /api/photos?library=none&prefix=" + new string('a', 8_193), "", "", 400, "No path has more than 8192 characters"),
            ("GET /api/photos?library=none&after=" + new string('a', 8_193), "", "", 400, "No path has more than 8192 characters"),
            ("GET /api/photos/" + new string('a', 9_000), "", "", 400, "is not a photo id"),
            ("POST /api/libraries", "Content-Type: text/plain", Definition, 415, "Content-Type: application/json"),
            ("POST /api/libraries", "", Definition, 415, "Content-Type: application/json"),
            ("POST /api/libraries", Json + "; charset=nonsense", Definition, 415, "without another charset"),
            ("POST /api/libraries", Json + "; charset=utf-7", Definition, 415, "without another charset"),
            ("POST /api/libraries", Json + "; charset=\"\"", Definition, 415, "without another charset"),
            ("POST /api/libraries", Json, """{"name":"x","name":"y"}""", 400, "does not have a value that fits"),
            ("POST /api/libraries", Json, """{"name":"\ud800"}""", 400, "does not have a value that fits"),
            ("POST /api/libraries", Json, new string('[', 100_000), 400, "not a JSON object"),
            ("POST /api/libraries", Json, "{\"" + new string('a', 100_000) + "\":1}", 400, "is unknown"),
            ("POST /api/libraries", Json, $$"""{"name":"{{large}}"}""", 413, "larger than 1,048,576 bytes"),
            ("POST /api/libraries/none/compare", Json, large + "x", 413, "larger than 1,048,576 bytes"),
            ("POST /api/replay", Json, """{"from":"yesterday"}""", 400, "'from' does not have a value that fits"),
            ("GET /health/live?" + new string('a', 60_000), "", "", 414, "more than 51,200 bytes"),
            ("GET /health/live", "X-Long: " + new string('a', 40_000), "", 431, "32,768 bytes"),
            ("GET /health/live", string.Join("\r\n", Enumerable.Range(0, 120).Select(number => $"X-{number}: 1")), "", 431,
             "more than 100 headers"),
        ];
        foreach (var (line, headers, body, status, sentence) in requests)
        {
            string head =
                $"{line} HTTP/1.1\r\nHost: localhost\r\n"
                    + $"{(accept.Length > 0 ? $"Accept: {accept}\r\n" : "")}{(headers.Length > 0 ? headers + "\r\n" : "")}";
            var answer = raw.Ask(Text($"{head}{(body.Length > 0 ? $"Content-Length: {body.Length}\r\n" : "")}\r\n{body}"));
            AssertRefused(answer, status, sentence);
        }

        // Not known before it is read.
        string chunked = $"POST /api/libraries HTTP/1.1\r\nHost: localhost\r\n{Json}\r\nTransfer-Encoding: chunked\r\n\r\n";
        AssertRefused(
            raw.Ask(Text($"{chunked}{large.Length + 11:x}\r\n{{\"name\":\"{large}\"}}\r\n0\r\n\r\n")), 413, "larger than 1,048,576 bytes");
        AssertRefused(raw.Ask(chunked + "nonsense\r\n\r\n"), 400, "");
        AssertNoFault(indexer);
    }

    [Fact]
    public async Task A_request_whose_end_does_not_come_is_given_up()
    {
        await using var indexer = await LiveIndexer.StartAsync();
        await indexer.ReadyAsync();
        using var raw = new RawHttp(indexer.Http.BaseAddress!);
        AssertRefused(
            raw.Ask($"POST /api/libraries HTTP/1.1\r\nHost: localhost\r\n{Json}\r\nContent-Length: 1000\r\n\r\n{{\"name\":"), 408,
            "too slowly");
        AssertNoFault(indexer);
    }

    [Fact]
    public async Task A_client_that_is_gone_in_the_middle_of_its_request_leaves_nothing_in_the_log()
    {
        await using var indexer = await LiveIndexer.StartAsync();
        await indexer.ReadyAsync();
        using var raw = new RawHttp(indexer.Http.BaseAddress!);
        byte[] request = Text($"POST /api/libraries HTTP/1.1\r\nHost: localhost\r\n{Json}\r\nContent-Length: 1000\r\n\r\n{{\"name\":");
        for (int i = 0; i < 2_000; i++)
            raw.Reset(request, TimeSpan.FromMilliseconds(i % 4 * 0.5));
        await indexer.RegisterAsync();
        AssertNoFault(indexer);
    }

    internal static void AssertNoFault(LiveIndexer indexer)
    {
        string[] faults = [.. indexer.Log.Lines.Where(
            line => line.StartsWith("Error", StringComparison.Ordinal) || line.StartsWith("Critical", StringComparison.Ordinal)
                || line.Contains("   at ", StringComparison.Ordinal)).Take(3)];
        Assert.True(faults.Length == 0, string.Join('\n', faults));
    }

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    private static void AssertRefused(RawAnswer answer, int status, string sentence)
    {
        Assert.Equal((status, "application/problem+json"), (answer.Status, answer.ContentType));
        var problem = JsonDocument.Parse(answer.Body).RootElement;
        Assert.Equal(status.ToString(CultureInfo.InvariantCulture), problem.GetProperty("status").GetRawText());
        string detail = problem.GetProperty("detail").GetString()!;
        Assert.Contains(sentence, detail, StringComparison.Ordinal);
        Assert.InRange(detail.Length, 10, 400);
    }

    private sealed class SilentVerifications : IVerifications
    {
        public bool IsBrokenOff { get; private set; }

        public async Task<Verification?> FindAsync(string libraryId, CancellationToken cancellationToken)
        {
            try
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            finally
            {
                IsBrokenOff = true;
            }

            return null;
        }

        public Task SaveAsync(Verification verification, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
