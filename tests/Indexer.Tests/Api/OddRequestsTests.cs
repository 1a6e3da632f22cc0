using System.Text;
using CsCheck;
using WatchPhoto.Testing;

namespace WatchPhoto.Indexer.Tests.Api;

/// <summary>Requests that are right but for a few letters, headers and bytes, by the thousand.</summary>
[Collection(MeasuredAlone.Name)]
public class OddRequestsTests
{
    private static readonly int s_requests = 20_000 * Fuzz.Times;
    private const int MostGrowth = 8 * 1024 * 1024;
    private const string GoodRequest = "GET /api/libraries HTTP/1.1\r\nHost: localhost\r\n\r\n";

    // What the server says by itself, before anything of ours is asked, has no body.
    private static readonly HashSet<int> ByNumberOnly = [400, 405, 408, 411, 414, 431, 501, 505];

    private static readonly string[] Definitions =
    [
        """{"id":"photos","name":"photos","host":"nas","path":"/srv/photos"}""",
        """{"name":"Holiday","host":"nas","path":"/srv/holiday","include":["*.{jpg,png}","Raw/**"],"exclude":["**/.*"],"watch":"poll"}""",
        """{"from":"2026-11-23T06:00:00Z","to":"2026-11-24T06:00:00Z","library":"photos"}""",
        "",
    ];

    private static readonly Gen<string> Target = OneOf(
        "/api/libraries", "/api/libraries?removed=true", "/api/libraries/photos", "/api/libraries/photos/restore",
        "/api/libraries/photos/verification", "/api/libraries/photos/compare", "/api/libraries/photos/deletions/accept",
        "/api/libraries/photos/photos.ndjson", "/api/libraries/preview",
        "/api/photos?library=photos&prefix=2026/&after=2026/a.jpg&limit=10",
        "/api/photos/0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c11", "/api/watchers", "/api/replay", "/health/ready", "/openapi/v1.json", "*");

    private static readonly Gen<string> Method = Gen.Frequency(
        (10, OneOf("GET", "POST", "PUT", "DELETE")), (1, OneOf("HEAD", "OPTIONS", "PATCH", "TRACE", "CONNECT", "get", "G\0T", "")));

    private static readonly Gen<string> Header = OneOf(
        "Accept: text/html", "Accept: application/x-ndjson", "Accept: ;;q=2,*/", "Host: evil.example", "Host: [::1", "Host:",
        "Host: localhost:99999",
        "Origin: null", "Origin: http://evil.example", "Origin: ://", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-origin",
        "Sec-Fetch-Site:",
        "Content-Type: text/plain", "Content-Type: application/json; charset=nonsense", "Content-Type: application/json; charset=\"",
        "Content-Type: ;;;",
        "Content-Encoding: gzip", "Expect: 100-continue", "Expect: nonsense", "Range: bytes=9-1", "If-Match: \"", "Cookie: a=\u0001; ;;=",
        "Cookie: =;=;\u00ff",
        "Connection: close", "Connection: upgrade", "Upgrade: websocket", "Upgrade: h2c", "X-Forwarded-For: ';--", "Traceparent: 00-zz",
        "X-HTTP-Method-Override: DELETE",
        "Access-Control-Request-Method: PUT", "Bad Name: x", ": x", "x", "X-Long: " + new string('x', 9_000), "Authorization: Basic !");

    private static readonly Gen<string> Oddity = Gen.Frequency(
        (3, OneOf(
            "%00", "%ff", "%", "%2F", "%c0%ae", "/..", "//", "\0", "\u0001", "\u00ff", "'", "\"", "\\", "\\ud800", "\\u0000", "{", "[",
            "]", "}", ",", ":", "&", "=", "?", "#",
            ";", "null", "-1", "1e999", "true", "9223372036854775808", "\u00c3\u00a9", "\u00ed\u00a0\u0080", "*", "**/", "!", "{a,b}",
            "[a-", "./", " ")),
        (1, Gen.Select(
            OneOf("a", "/", "[", "{\"a\":", "%41", "\u00e9"), Gen.Int[1, 2_000],
            (text, times) => string.Concat(Enumerable.Repeat(text, times)))));

    private static readonly Gen<string> Definition = OneOf(Definitions);

    private static readonly Gen<byte[]> Request = Gen.Select(Method, Odd(Target), Odd(Definition), Header.Array[0, 3], Gen.Int[0, 40])
        .Select((method, target, body, headers, version) =>
        Encoding.Latin1.GetBytes(
            $"{method} {target} HTTP/{version switch { 0 => "1.0", 1 => "2.0", 2 => "x", _ => "1.1" }}\r\nHost: localhost\r\n"
            + (body.Length > 0 ? $"Content-Length: {body.Length}\r\nContent-Type: application/json\r\n" : "")
            + string.Concat(headers.Select(header => header + "\r\n")) + "\r\n" + body));

    [Fact]
    public async Task No_odd_request_is_a_fault_of_the_service_or_leaves_anything_behind()
    {
        await using var indexer = await LiveIndexer.StartAsync(
            new Dictionary<string, string?> { ["Indexer:RemovedLibraryAge"] = "00:00:01", ["Logging:LogLevel:Default"] = "Warning" });
        await (await indexer.ReadyAsync()).RegisterAsync();
        using var connections = new ThreadLocal<RawHttp>(() => new RawHttp(indexer.Http.BaseAddress!), trackAllValues: true);
        Sample(s_requests / 4);
        long before = Memory();
        Sample(s_requests - (s_requests / 4));
        Assert.InRange(Memory() - before, long.MinValue, MostGrowth);

        RefusalsTests.AssertNoFault(indexer);
        await indexer.RegisterAsync("afterwards", "/of/its/own", "elsewhere");
        Assert.Contains("\"afterwards\"", connections.Value!.Ask(GoodRequest).Body, StringComparison.Ordinal);
        foreach (var connection in connections.Values)
            connection.Dispose();

        void Sample(int requests) => Gen.Select(Request, Gen.Int[0, 99], Gen.Int[0, 5_000]).Sample(
            (request, lot, at) =>
            {
                if (lot == 0)
                    Assert.Equal(200, connections.Value!.Ask(GoodRequest).Status);
                // Where its end is may not be known any more.
                if (lot < 5)
                    connections.Value!.Throw(Broken(request, at));
                else
                    AssertAnswered(connections.Value!.Ask(request, request.AsSpan().StartsWith("HEAD "u8)));
            }, iter: requests, threads: 4, print: sample => Encoding.Latin1.GetString(sample.Item1));
    }

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(index => texts[index]);

    // Up to three times something is put in, taken out, or put in the place of something else.
    private static Gen<string> Odd(Gen<string> right) =>
        Gen.Select(right, Gen.Select(Oddity, Gen.Int[0, 99], Gen.Int[0, 5]).Array[0, 3], (text, edits) =>
    {
        foreach (var (oddity, place, length) in edits)
        {
            int at = text.Length * place / 100;
            text = text[..at] + oddity + text[Math.Min(text.Length, at + length)..];
        }

        return text;
    });

    private static byte[] Broken(byte[] request, int at)
    {
        byte[] broken = [.. request];
        broken[at % broken.Length] ^= (byte)(1 << (at % 8));
        return broken[..(broken.Length - (at % 3))];
    }

    private static void AssertAnswered(RawAnswer answer)
    {
        Assert.NotEqual(500, answer.Status);
        if (answer.Status >= 400 && !(answer.Body.Length == 0 && ByNumberOnly.Contains(answer.Status)))
            Assert.True(
                answer.ContentType is "application/problem+json"
                    || (answer.Status == 503 && answer.Body.Contains("checks", StringComparison.Ordinal)), answer.ToString());
    }

    private static long Memory()
    {
        GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
