using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using WatchPhoto.Contracts;
using WatchPhoto.Testing;

namespace WatchPhoto.Indexer.Tests.Api;

public class LibrariesTests
{
    [Fact]
    public async Task A_library_is_registered_read_replaced_removed_and_restored()
    {
        await using var indexer = await LiveIndexer.StartAsync();
        await indexer.ReadyAsync();

        var (status, library) = await SendAsync(
            indexer, HttpMethod.Post, "/api/libraries", """{"name":"Holiday Photos!","host":"nas","path":"/srv/photos/"}""");
        Assert.Equal(HttpStatusCode.Created, status);
        Assert.Equal(
            """
            {"id":"holiday-photos","name":"Holiday Photos!","host":"nas","path":"/srv/photos",
            "kind":"store","backend":"local","watch":"auto","epoch":1,"highestVersion":0}
            """.ReplaceLineEndings(""),
            library);

        (status, library) = await SendAsync(indexer, HttpMethod.Get, "/api/libraries");
        Assert.Equal(1, JsonDocument.Parse(library).RootElement.GetArrayLength());

        (status, library) = await SendAsync(
            indexer, HttpMethod.Put, "/api/libraries/holiday-photos",
            """{"name":"H","host":"nas","path":"/srv/other","include":["**/*"]}""");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(
            """
            {"id":"holiday-photos","name":"H","host":"nas","path":"/srv/other","include":["**/*"],
            "kind":"store","backend":"local","watch":"auto","epoch":1,"highestVersion":0}
            """.ReplaceLineEndings(""),
            library);

        (status, _) = await SendAsync(indexer, HttpMethod.Delete, "/api/libraries/holiday-photos");
        Assert.Equal(HttpStatusCode.NoContent, status);
        (_, library) = await SendAsync(indexer, HttpMethod.Get, "/api/libraries");
        Assert.Equal("[]", library);
        (_, library) = await SendAsync(indexer, HttpMethod.Get, "/api/libraries?removed=true");
        Assert.Contains("removedAt", library, StringComparison.Ordinal);
        (status, library) = await SendAsync(indexer, HttpMethod.Get, "/api/libraries/holiday-photos/photos.ndjson");
        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Contains("restore", library, StringComparison.Ordinal);

        (status, library) = await SendAsync(indexer, HttpMethod.Post, "/api/libraries/holiday-photos/restore");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Contains("\"epoch\":2", library, StringComparison.Ordinal);
        Assert.DoesNotContain("removedAt", library, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_library_that_changes_hosts_gets_a_new_epoch()
    {
        await using var indexer = await LiveIndexer.StartAsync();
        await (await indexer.ReadyAsync()).RegisterAsync();
        var (_, library) = await SendAsync(
            indexer, HttpMethod.Put, "/api/libraries/photos", """{"name":"photos","host":"other","path":"/srv/photos"}""");
        Assert.Contains("\"epoch\":2", library, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_is_forgotten_unless_it_has_libraries()
    {
        await using var indexer = await LiveIndexer.StartAsync();
        await (await indexer.ReadyAsync()).RegisterAsync();
        foreach (string host in (string[])["nas", "made up"])
        {
            await indexer.PublishAsync(new WatcherReport
            {
                Host = host, StateId = Guid.NewGuid(), RunId = Guid.NewGuid(), SentAt = DateTimeOffset.UtcNow, WatchesUsed = 0,
                WatchesLimit = 1, PendingOutbox = 0, Libraries = [],
            });
        }

        await Wait.UntilAsync(
            async () => (await SendAsync(indexer, HttpMethod.Get, "/api/watchers")) is var (_, all)
                && JsonDocument.Parse(all).RootElement.GetArrayLength() == 2);
        var (status, text) = await SendAsync(indexer, HttpMethod.Delete, "/api/watchers/nas");
        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Contains("'photos' among them", text, StringComparison.Ordinal);
        (status, _) = await SendAsync(indexer, HttpMethod.Delete, "/api/watchers/made%20up");
        Assert.Equal(HttpStatusCode.NoContent, status);
        (status, text) = await SendAsync(indexer, HttpMethod.Delete, "/api/watchers/made%20up");
        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Contains("has reported as 'made up'", text, StringComparison.Ordinal);
        (_, text) = await SendAsync(indexer, HttpMethod.Get, "/api/watchers");
        Assert.Equal("nas", JsonDocument.Parse(text).RootElement.EnumerateArray().Single().GetProperty("host").GetString());

        await SendAsync(indexer, HttpMethod.Delete, "/api/libraries/photos");
        (status, _) = await SendAsync(indexer, HttpMethod.Delete, "/api/watchers/nas");
        Assert.Equal(HttpStatusCode.NoContent, status);
    }

    [Fact]
    public async Task An_id_that_is_not_given_is_made_of_the_name()
    {
        await using var indexer = await LiveIndexer.StartAsync();
        await indexer.ReadyAsync();
        (string, string)[] ids = [("2026", "2026"), ("Ünï 2026 ", "n-2026"), ("2026", "2026-2"), ("相片", "library"), ("-", "library-2")];
        foreach (var (name, id) in ids)
        {
            var (_, library) = await SendAsync(
                indexer, HttpMethod.Post, "/api/libraries", $$"""{"name":"{{name}}","host":"nas","path":"/srv/{{Guid.NewGuid()}}"}""");
            Assert.Equal(id, JsonDocument.Parse(library).RootElement.GetProperty("id").GetString());
        }
    }

    [Theory]
    [InlineData("""{"name":"x","host":"nas","path":"photos"}""", 400, "not absolute")]
    [InlineData("""{"name":"x","host":"nas","path":"/"}""", 400, "whole host")]
    [InlineData("""{"name":"x","host":"nas","path":"///"}""", 400, "whole host")]
    [InlineData("""{"name":"x","host":"nas","path":"/a/../b"}""", 400, "'..' component")]
    [InlineData("""{"name":"x","host":"nas","path":"/a/./b"}""", 400, "'..' component")]
    [InlineData("""{"name":"x","host":"nas"}""", 400, "not absolute")]
    [InlineData("""{"host":"nas","path":"/a"}""", 400, "needs a name")]
    [InlineData("""{"name":"x","host":" ","path":"/a"}""", 400, "needs a host")]
    [InlineData("""{"name":"x","host":"nas","path":"/a","colour":"red"}""", 400, "'colour' is unknown")]
    [InlineData("""{"name":"x","host":"nas","path":"/a","epoch":7}""", 400, "'epoch' is unknown")]
    [InlineData("""{"name":7,"host":"nas","path":"/a"}""", 400, "'name' does not have a value that fits")]
    [InlineData("""{"name":"x","host":"nas","path":"/a","include":"*.jpg"}""", 400, "'include' does not have a value that fits")]
    [InlineData("""{"name":"x","host":"nas","path":"/a","include":[]}""", 400, "**/*")]
    [InlineData("""{"name":"x","host":"nas","path":"/a","exclude":[""]}""", 400, "A glob is empty")]
    [InlineData("""{"name":"x","host":"nas","path":"/a","exclude":["["]}""", 400, "The glob '[' has a bracket that is not closed")]
    [InlineData("""{"name":"x","host":"nas","path":"/a","include":["*.{jpg,png"]}""", 400, "brace that is not closed")]
    [InlineData("""{"name":"x","host":"nas","path":"/a","include":["!*.jpg"]}""", 400, "nothing takes a glob back")]
    [InlineData("""{"name":"x","host":"nas","path":"/a","exclude":["Raw\\new"]}""", 400, "slashes part directories")]
    [InlineData("""{"name":"x","host":"nas","path":"/a","exclude":[null]}""", 400, "A glob is empty")]
    [InlineData("""{"id":"a b","name":"x","host":"nas","path":"/a"}""", 400, "The id must be")]
    [InlineData("""{"id":"photos","name":"x","host":"nas","path":"/a"}""", 409, "PUT /api/libraries/photos")]
    [InlineData("""{"name":"x","host":"nas","path":"/srv"}""", 409, "overlaps")]
    [InlineData("""{"name":"x","host":"nas","path":"/srv/photos"}""", 409, "overlaps")]
    [InlineData("""{"name":"x","host":"nas","path":"/srv/photos/2026"}""", 409, "overlaps")]
    [InlineData("""{"name":""", 400, "not a JSON object")]
    [InlineData("[]", 400, "not a JSON object")]
    [InlineData("null", 400, "a JSON object with name, host and path")]
    [InlineData("", 400, "a JSON object with name, host and path")]
    public async Task A_registration_that_cannot_be_is_refused_with_a_sentence(string body, int status, string sentence)
    {
        await using var indexer = await LiveIndexer.StartAsync();
        await (await indexer.ReadyAsync()).RegisterAsync();
        using var answer = await indexer.Http.PostAsync(
            new Uri("/api/libraries", UriKind.Relative), new StringContent(body, Encoding.UTF8, "application/json"),
            TestContext.Current.CancellationToken);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.Contains(sentence, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_longer_than_a_library_may_have_is_refused_with_a_sentence()
    {
        await using var indexer = await LiveIndexer.StartAsync();
        await indexer.ReadyAsync();
        string globs = string.Join(',', Enumerable.Repeat("\"*.jpg\"", 101));
        (string Body, string Sentence)[] refused =
        [
            ($$"""{"name":"{{new string('x', 201)}}","host":"nas","path":"/a"}""", "The name has 201 characters, more than 200"),
            ("""{"name":"a\u001b[2J","host":"nas","path":"/a"}""", "The name has a control character"),
            ("""{"name":"a\nb","host":"nas","path":"/a"}""", "The name has a control character"),
            ($$"""{"name":"x","host":"{{new string('x', 256)}}","path":"/a"}""", "The host has more than 255 characters"),
            ("""{"name":"x","host":"a\nb","path":"/a"}""", "or a control character"),
            ($$"""{"name":"x","host":"nas","path":"/{{new string('x', 4096)}}"}""", "The path has 4097 characters, more than 4096"),
            ($$"""{"name":"x","host":"nas","path":"/a","kind":"{{new string('x', 65)}}"}""", "64 characters at most"),
            ($$"""{"name":"x","host":"nas","path":"/a","backend":"{{new string('x', 65)}}"}""", "64 characters at most"),
            ($$"""{"name":"x","host":"nas","path":"/a","watch":"{{new string('x', 100_000)}}"}""", "no way to watch"),
            ($$"""{"name":"x","host":"nas","path":"/a","include":[{{globs}}]}""", "101 globs in one list, more than 100"),
            ($$"""{"name":"x","host":"nas","path":"/a","exclude":[{{globs}}]}""", "101 globs in one list, more than 100"),
            ($$"""{"name":"x","host":"nas","path":"/a","exclude":["{{new string('x', 501)}}"]}""", "has 501 characters, more than 500"),
            ($$"""{"id":"{{new string('x', 65)}}","name":"x","host":"nas","path":"/a"}""", "1 to 64 letters"),
        ];
        foreach (var (body, sentence) in refused)
        {
            var (status, problem) = await SendAsync(indexer, HttpMethod.Post, "/api/libraries", body);
            Assert.Equal(HttpStatusCode.BadRequest, status);
            Assert.Contains(sentence, problem, StringComparison.Ordinal);
            Assert.InRange(problem.Length, 1, 1000);
        }

        var (longest, _) = await SendAsync(indexer, HttpMethod.Post, "/api/libraries",
            $$"""{"name":"{{new string('x', 200)}}","host":"{{new string('x', 255)}}","path":"/{{new string('x', 4095)}}","include":"""
                + $$"""[{{string.Join(',', Enumerable.Repeat($"\"{new string('x', 500)}\"", 100))}}]}""");
        Assert.Equal(HttpStatusCode.Created, longest);
    }

    [Fact]
    public async Task Libraries_registered_at_the_same_moment_under_one_name_get_ids_of_their_own()
    {
        await using var indexer = await LiveIndexer.StartAsync();
        await indexer.ReadyAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(number =>
            SendAsync(indexer, HttpMethod.Post, "/api/libraries", $$"""{"name":"same","host":"nas","path":"/srv/{{number}}"}""")));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Created, answer.Status));
        Assert.Equal(
            10, answers.Select(answer => JsonDocument.Parse(answer.Body).RootElement.GetProperty("id").GetString()).Distinct().Count());
    }

    [Theory]
    [InlineData("/srv/photos2", "nas")]
    [InlineData("/srv/photo", "nas")]
    [InlineData("/srv/photos", "other")]
    public async Task Libraries_beside_each_other_do_not_overlap(string path, string host)
    {
        await using var indexer = await LiveIndexer.StartAsync();
        await (await indexer.ReadyAsync()).RegisterAsync();
        await indexer.RegisterAsync("second", path, host);
    }

    [Fact]
    public async Task A_removed_library_makes_room_and_is_not_restored_into_another()
    {
        await using var indexer = await LiveIndexer.StartAsync();
        await (await indexer.ReadyAsync()).RegisterAsync();
        await SendAsync(indexer, HttpMethod.Delete, "/api/libraries/photos");
        await indexer.RegisterAsync("second", "/srv");

        var (status, problem) = await SendAsync(indexer, HttpMethod.Post, "/api/libraries/photos/restore");
        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Contains("overlaps", problem, StringComparison.Ordinal);
        (status, problem) = await SendAsync(
            indexer, HttpMethod.Post, "/api/libraries", """{"id":"photos","name":"x","host":"nas","path":"/a"}""");
        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Contains("restore it", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/api/libraries/nope", 404)]
    [InlineData("DELETE", "/api/libraries/nope", 404)]
    [InlineData("POST", "/api/libraries/nope/restore", 404)]
    [InlineData("GET", "/api/libraries/nope/photos.ndjson", 404)]
    [InlineData("GET", "/api/photos?library=nope", 404)]
    [InlineData("GET", "/api/photos", 400)]
    [InlineData("GET", "/api/photos?library=photos&limit=0", 400)]
    [InlineData("GET", "/api/photos?library=photos&limit=many", 400)]
    [InlineData("GET", "/api/photos/nope", 400)]
    [InlineData("GET", "/api/photos/0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c11", 404)]
    [InlineData("PATCH", "/api/libraries", 405)]
    [InlineData("GET", "/nope", 404)]
    public async Task What_cannot_be_answered_is_a_problem_with_a_sentence(string method, string path, int status)
    {
        await using var indexer = await LiveIndexer.StartAsync();
        await (await indexer.ReadyAsync()).RegisterAsync();
        var (answered, body) = await SendAsync(indexer, new HttpMethod(method), path);
        Assert.Equal(status, (int)answered);
        Assert.NotEmpty(JsonDocument.Parse(body).RootElement.GetProperty("detail").GetString()!);
    }

    [Fact]
    public async Task The_API_describes_itself()
    {
        await using var indexer = await LiveIndexer.StartAsync();
        var (_, document) = await SendAsync(indexer, HttpMethod.Get, "/openapi/v1.json");
        var paths = JsonDocument.Parse(document).RootElement.GetProperty("paths").EnumerateObject().Select(path => path.Name).ToHashSet();
        Assert.Superset(
            new HashSet<string>
            {
                "/api/libraries", "/api/libraries/{id}", "/api/libraries/{id}/restore", "/api/libraries/{id}/photos.ndjson",
                "/api/libraries/preview", "/api/photos",
                "/api/photos/{photoId}", "/api/watchers", "/health/live", "/health/ready",
            }, paths);
        var schemas = JsonDocument.Parse(document).RootElement.GetProperty("components").GetProperty("schemas");
        Assert.Equal(
            "\"string\"", schemas.GetProperty("PhotoFile").GetProperty("properties").GetProperty("inode").GetProperty("type").GetRawText());
        Assert.Equal(
            "\"string\"", schemas.GetProperty("Proof").GetProperty("properties").GetProperty("digest").GetProperty("type").GetRawText());
    }

    private static async Task<(HttpStatusCode Status, string Body)> SendAsync(
        LiveIndexer indexer, HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await indexer.Http.SendAsync(request, TestContext.Current.CancellationToken);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
