using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace WatchPhoto.Indexer.Tests.Api;

/// <summary>Who may ask from a browser: this service's own pages and a person, no page of another site.</summary>
public class OtherSitesTests
{
    [Theory]
    [InlineData("POST", "Sec-Fetch-Site: cross-site; Origin: http://evil.example; Content-Type: text/plain", 403)]
    [InlineData("POST", "Sec-Fetch-Site: cross-site", 403)]
    [InlineData("POST", "Sec-Fetch-Site: same-site", 403)]
    [InlineData("POST", "Sec-Fetch-Site: cross-site; Sec-Fetch-Mode: navigate", 403)]
    [InlineData("DELETE", "Sec-Fetch-Site: cross-site", 403)]
    [InlineData("POST", "Origin: http://evil.example", 403)]
    [InlineData("POST", "Origin: http://localhost:1", 403)]
    [InlineData("POST", "Origin: null", 403)]
    [InlineData("POST", "Origin: null; Sec-Fetch-Site: cross-site", 403)]
    [InlineData("GET", "Origin: null", 403)]
    [InlineData("GET", "Sec-Fetch-Site: cross-site", 403)]
    [InlineData("GET", "Sec-Fetch-Site: cross-site; Sec-Fetch-Mode: no-cors", 403)]
    [InlineData("GET", "Sec-Fetch-Site: cross-site; Sec-Fetch-Mode: cors; Origin: http://evil.example", 403)]
    [InlineData("OPTIONS", "Sec-Fetch-Site: cross-site; Origin: http://evil.example; Access-Control-Request-Method: PUT", 403)]
    [InlineData("GET", "Sec-Fetch-Site: cross-site; Sec-Fetch-Mode: navigate", 404)]
    [InlineData("GET", "Sec-Fetch-Site: same-site", 404)]
    [InlineData("GET", "Sec-Fetch-Site: same-origin", 404)]
    [InlineData("GET", "Sec-Fetch-Site: none", 404)]
    [InlineData("POST", "Sec-Fetch-Site: same-origin; Origin: {own}", 404)]
    [InlineData("POST", "Sec-Fetch-Site: none", 404)]
    [InlineData("POST", "Origin: {own}", 404)]
    [InlineData("POST", "", 404)]
    [InlineData("GET", "", 404)]
    public async Task A_page_of_another_site_is_refused_and_whoever_else_asks_is_answered(string method, string headers, int status)
    {
        await using var indexer = await (await LiveIndexer.StartAsync()).ReadyAsync();
        string path = method is "DELETE" or "GET" ? "/api/libraries/none" : "/api/libraries/none/deletions/accept";
        var answer = await AskAsync(indexer, method, path, headers);
        Assert.Equal(status, answer.Status);
        Assert.Equal("application/problem+json", answer.ContentType);
        if (status == 403)
            Assert.Contains("Cors__Origins", answer.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("Access-Control", answer.Headers, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_origin_that_the_setting_names_may_ask_for_everything_and_no_other_one()
    {
        await using var indexer = await (await LiveIndexer.StartAsync(
            new Dictionary<string, string?> { ["Cors:Origins"] = "https://photos.example:8443; http://other.example/" })).ReadyAsync();
        const string From = "Sec-Fetch-Site: cross-site; Sec-Fetch-Mode: cors; Origin: ";

        var preflight = await AskAsync(
            indexer, "OPTIONS", "/api/libraries/x",
            From + "https://photos.example:8443; Access-Control-Request-Method: PUT; Access-Control-Request-Headers: content-type");
        Assert.Equal(204, preflight.Status);
        Assert.Contains("Access-Control-Allow-Methods: PUT", preflight.Headers, StringComparison.Ordinal);
        var read = await AskAsync(indexer, "GET", "/api/libraries", From + "http://other.example");
        Assert.Equal(200, read.Status);
        Assert.Contains("Access-Control-Allow-Origin: http://other.example", read.Headers, StringComparison.Ordinal);
        var refused = await AskAsync(indexer, "GET", "/api/libraries/none", From + "http://other.example");
        Assert.Equal(404, refused.Status);
        Assert.Contains("Access-Control-Allow-Origin: http://other.example", refused.Headers, StringComparison.Ordinal);
        Assert.Equal(403, (await AskAsync(indexer, "GET", "/api/libraries", From + "http://photos.example:8443")).Status);
    }

    [Theory]
    [InlineData("*")]
    [InlineData("photos.example")]
    [InlineData("https://photos.example/page")]
    public async Task What_is_no_origin_stops_the_start_with_a_sentence(string origins)
    {
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(
            () => LiveIndexer.StartAsync(new Dictionary<string, string?> { ["Cors:Origins"] = origins }));
        Assert.Contains("https://photos.example:8443", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "http://127.0.0.1:0", null, "localhost:5080 127.0.0.1 [::1]:5080 LOCALHOST",
        "evil.example 192.168.1.5:5080 localhost.evil.example")]
    [InlineData("http://127.0.0.1:0", "photos.example;*.lan", "photos.example nas.lan:5080", "localhost lan evil.example")]
    [InlineData("http://127.0.0.2:0", null, "127.0.0.2 localhost", "evil.example")]
    [InlineData("http://0.0.0.0:0", null, "evil.example nas", "")]
    [InlineData("http://0.0.0.0:0", "nas", "nas", "evil.example localhost")]
    public async Task By_default_who_answers_this_machine_only_answers_to_its_names_only(
        string urls, string? allowed, string answered, string refused)
    {
        await using var indexer = await LiveIndexer.StartAsync(
            new Dictionary<string, string?> { ["Urls"] = urls, ["AllowedHosts"] = allowed });
        var address = indexer.Http.BaseAddress!;
        using var raw = new RawHttp(new UriBuilder(address) { Host = address.Host == "0.0.0.0" ? "127.0.0.1" : address.Host }.Uri);
        foreach (string host in answered.Split(' '))
            Assert.Equal(200, Ask(host).Status);
        foreach (string host in refused.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var answer = Ask(host);
            Assert.Equal((400, "application/problem+json"), (answer.Status, answer.ContentType));
            Assert.Contains("the setting AllowedHosts", answer.Body, StringComparison.Ordinal);
        }

        RawAnswer Ask(string host) => raw.Ask($"GET /health/live HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\n\r\n");
    }

    [Fact]
    public async Task A_program_that_says_no_host_with_HTTP_1_0_is_answered()
    {
        await using var indexer = await LiveIndexer.StartAsync();
        using var raw = new RawHttp(indexer.Http.BaseAddress!);
        Assert.Equal(200, raw.Ask("GET /health/live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").Status);
    }

    private static async Task<(int Status, string? ContentType, string Headers, string Detail)> AskAsync(
        LiveIndexer indexer, string method, string path, string headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        string own = indexer.Http.BaseAddress!.GetLeftPart(UriPartial.Authority);
        foreach (string header in headers.Replace("{own}", own, StringComparison.Ordinal).Split(
            "; ", StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = header.Split(": ");
            if (parts[0] == "Content-Type")
                request.Content = new StringContent("", Encoding.UTF8, parts[1]);
            else
                request.Headers.TryAddWithoutValidation(parts[0], parts[1]);
        }

        using var answer = await indexer.Http.SendAsync(request, TestContext.Current.CancellationToken);
        string? type = answer.Content.Headers.ContentType?.MediaType;
        string detail = type == "application/problem+json"
            ? (await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("detail")
                .GetString()!
            : "";
        return ((int)answer.StatusCode, type, answer.Headers.ToString(), detail);
    }
}
