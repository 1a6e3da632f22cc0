using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using WatchPhoto.Bus;
using WatchPhoto.Contracts;
using WatchPhoto.Scenarios.Tests.Running;
using WatchPhoto.Testing;

namespace WatchPhoto.Scenarios.Tests.Chaos;

/// <summary>
/// Somebody who reaches the broker and the API, by mistake or on purpose, and sends what nobody should, a few times a second.
/// Whatever it sends of file events ends in the error queue, where it is known by its mark.
/// </summary>
internal sealed class Stranger(Fleet fleet)
{
    private const int MadeUpHosts = 200;
    private const int LongestReason = 500;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    private readonly HashSet<string> _sent = [];
    private readonly HashSet<string> _refused = [];
    private readonly HashSet<string> _expected = [];
    private readonly List<string> _wrong = [];
    private int _number;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Answers of the API that are not right, each in a sentence.</summary>
    public IReadOnlyList<string> Wrong => _wrong;

    public int Refused => _refused.Count;

    /// <param name="libraries">Libraries that there are.</param>
    /// <param name="isPurged">Whether the indexers' queue is emptied meanwhile, so that some messages come to nobody.</param>
    public async Task BotherAsync(IReadOnlyList<string> libraries, bool isPurged, Random random, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            var host = fleet.Hosts[random.Next(fleet.Hosts.Count)];
            string library = libraries[random.Next(libraries.Count)];
            if (random.Next(3) == 0)
                await AskAsync(host, library, random);
            else if (random.Next(2) == 0)
                await TellAsync(host.Host, library, isPurged, random);
            else
                await TalkAsync(library, random);
            await Task.Delay(s_pause, Cancellation);
        }
    }

    /// <summary>Takes note of a message in the error queue.</summary>
    /// <returns>Whether it is the stranger's.</returns>
    public bool Recognizes(BrokerMessage message)
    {
        if (MarkOf(message.Body) is not { } mark || !_sent.Contains(mark))
            return false;
        _refused.Add(mark);
        _expected.Remove(mark);
        string reason = message.Headers.GetValueOrDefault("MT-Fault-Message", "");
        if (reason.Length is 0 or > LongestReason || reason.Any(char.IsControl))
            _wrong.Add($"The reason in the error queue is '{reason}'.");
        return true;
    }

    /// <summary>What was sent and has not been found in the error queue; null: nothing.</summary>
    public string? Missing =>
        _expected.Count == 0 ? null : $"{_expected.Count} refused messages are not in the error queue, {_expected.First()} among them.";

    private async Task TellAsync(string host, string library, bool isPurged, Random random)
    {
        string mark = string.Create(CultureInfo.InvariantCulture, $"m{++_number}");
        string created = Event("a.jpg", Now());
        // A library may have changed hands, and what is of its former epoch is counted and dropped: of these nothing is expected.
        var (isCertain, body) = random.Next(16) switch
        {
            0 => (true, FileEvents(mark, new string('x', 200_000), host, created)),
            // So large that only one in a while is sent.
            1 => (
                true,
                FileEvents(
                    mark, library, host, created, $",\"padding\":\"{new string('x', random.Next(8) == 0 ? 15_800_000 : 1_200_000)}\"")),
            2 => (true, FileEvents(mark, library, host, created, $",\"proof\":{Proof(1L << 53, 0, 1L << 53)}")),
            3 => (false, FileEvents(mark, library, "somebody-else", "", $",\"proof\":{Proof(Now(), 0, Now())}")),
            4 => (true, FileEvents(mark, library, host, created.Replace("\"created\"", "1", StringComparison.Ordinal))),
            5 => (true, FileEvents(mark, library, host, created.Replace("\"created\"", "\"created,deleted\"", StringComparison.Ordinal))),
            6 => (true, FileEvents(mark, library, host, Event("../x", Now()))),
            7 => (true, FileEvents(mark, library, host, Event(string.Join('/', Enumerable.Repeat("d", 600)), Now()))),
            8 => (true, FileEvents(mark, library, host, Event(new string('x', 9_000), Now()))),
            9 => (true, FileEvents(mark, library, host, "null")),
            10 => (true, FileEvents(mark, library, host, string.Join(',', Enumerable.Repeat(created, 201)))),
            11 => (true, FileEvents(mark, "\\u001b[2J\\nno-such", host, created)),
            12 => (false, FileEvents(mark, library, host, Event("a.jpg", Now() + (365L * 24 * 3600 * 1_000_000)))),
            13 => (true, FileEvents(mark, library, host, created, epoch: 1_000)),
            14 => (true, $"{{\"mark\":\"{mark}\",\"libraryId\":"),
            _ => (true, $"{{\"mark\":\"{mark}\"}}"),
        };
        _sent.Add(mark);
        if (await PublishAsync(BusNames.FileEventsExchange, body) && isCertain && !isPurged)
            _expected.Add(mark);
    }

    private async Task TalkAsync(string library, Random random)
    {
        string id = Guid.NewGuid().ToString();
        var (exchange, body) = random.Next(10) switch
        {
            0 => (BusNames.WatcherReportsExchange, Report($"made-up-{random.Next(MadeUpHosts)}", id, "")),
            1 => (BusNames.WatcherReportsExchange, Report("first", id, "null")),
            2 => (BusNames.WatcherReportsExchange, Report("", id, "")),
            3 => (BusNames.WatcherReportsExchange, Report("first", id,
                $"{{\"libraryId\":\"{library}\",\"epoch\":1,\"state\":\"watching\",\"entries\":0,"
                    + $"\"directories\":0,\"proof\":{Proof(1L << 53, 0, 1L << 53)}}}")),
            4 => (BusNames.LibrariesExchange, Announcement(id, "null")),
            5 => (BusNames.LibrariesExchange, Announcement(id,
                $"{{\"id\":\"{library}\",\"name\":\"x\",\"host\":\"first\",\"path\":\"/\","
                    + $"\"kind\":\"store\",\"backend\":\"local\",\"watch\":\"auto\",\"epoch\":1,\"highestVersion\":{1L << 53}}}")),
            6 => (BusNames.LibraryActionsExchange, $"{{\"libraryId\":\"{library}\",\"action\":{random.Next(8)}}}"),
            7 => (BusNames.CatalogPartsExchange, Part(library, id, "null")),
            8 => (BusNames.CatalogPartsExchange, Part(library, id, "")),
            _ => (BusNames.CatalogPartRequestsExchange, $"{{\"libraryId\":\"{library}\",\"stateId\":\"{id}\",\"after\":\"../x\"}}"),
        };
        await PublishAsync(exchange, body);
    }

    private async Task AskAsync(ServersInstallation host, string library, Random random)
    {
        var (right, request) = random.Next(7) switch
        {
            0 => (
                HttpStatusCode.Forbidden,
                Request(
                    HttpMethod.Post, $"api/libraries/{library}/deletions/accept", ("Origin", "http://evil.example"),
                    ("Sec-Fetch-Site", "cross-site"))),
            1 => (HttpStatusCode.Forbidden, Request(HttpMethod.Delete, $"api/libraries/{library}", ("Origin", "null"))),
            2 => (HttpStatusCode.BadRequest, Request(HttpMethod.Get, "api/libraries", ("Host", "evil.example"))),
            3 => (HttpStatusCode.RequestEntityTooLarge, Request(HttpMethod.Post, "api/libraries", new StringContent(
                $"{{\"name\":\"{new string('n', 9_000_000)}\",\"host\":\"first\",\"path\":\"/n\"}}", Encoding.UTF8, "application/json"))),
            4 => (HttpStatusCode.NotFound, Request(HttpMethod.Get, "api/libraries/no-such", ("Accept", "application/x-ndjson"))),
            5 => (HttpStatusCode.UnsupportedMediaType, Odd()),
            _ => (HttpStatusCode.BadRequest, Request(HttpMethod.Get, "api/libraries?removed=1", ("Accept", "image/png"))),
        };
        using (request)
        {
            try
            {
                using var answer = await (await host.ApiAsync()).SendAsync(request, Cancellation);
                // While the database is away there is no answer to anything.
                if (answer.StatusCode != right && answer.StatusCode != HttpStatusCode.ServiceUnavailable)
                    _wrong.Add(
                        $"{request.Method} {request.RequestUri} is answered {(int)answer.StatusCode}, not {(int)right}: "
                            + $"{await answer.Content.ReadAsStringAsync(Cancellation)}");
            }
            catch (Exception exception) when (
                exception is HttpRequestException or OperationCanceledException && !Cancellation.IsCancellationRequested)
            {
                // It is killed or frozen.
            }
        }

        static HttpRequestMessage Odd()
        {
            var content = new ByteArrayContent("{}"u8.ToArray());
            content.Headers.TryAddWithoutValidation("Content-Type", "application/json; charset=nonsense");
            return Request(HttpMethod.Post, "api/libraries", content);
        }
    }

    // Whether the broker has said that it has it; without that it may have it all the same.
    private async Task<bool> PublishAsync(string exchange, string body)
    {
        try
        {
            return await fleet.Broker.TryPublishAsync(exchange, "", body);
        }
        catch (Exception exception) when (
            (exception is HttpRequestException or OperationCanceledException or JsonException || BusConnection.IsAway(exception))
                && !Cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    private static HttpRequestMessage Request(HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return request;
    }

    private static HttpRequestMessage Request(HttpMethod method, string path, HttpContent content) =>
        new(method, new Uri(path, UriKind.Relative)) { Content = content };

    // The mark comes first, and is a field that nobody knows.
    private static string? MarkOf(string body)
    {
        const string Start = "{\"mark\":\"";
        return body.StartsWith(Start, StringComparison.Ordinal) && body.IndexOf('"', Start.Length) is > 0 and var end
            ? body[Start.Length..end]
            : null;
    }

    private static long Now() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1000;

    private static string FileEvents(string mark, string library, string host, string events, string more = "", long epoch = 1) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"mark\":\"{mark}\",\"libraryId\":\"{library}\",\"epoch\":{epoch},\"host\":\"{host}\",\"events\":[{events}]{more}}}");

    private static string Event(string path, long version) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"kind\":\"created\",\"version\":{version},\"path\":\"{path}\",\"photoId\":\"{Guid.NewGuid()}\","
                + $"\"file\":{{\"size\":1,\"modifiedAt\":\"2026-01-01T00:00:00Z\",\"inode\":\"1\"}}}}");

    private static string Proof(long version, long count, long floor) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"version\":{version},\"count\":{count},\"digest\":\"0\",\"floor\":{floor},\"diskComparedAt\":\"2026-01-01T00:00:00Z\"}}");

    private static string Report(string host, string id, string libraries) =>
        $"{{\"host\":\"{host}\",\"stateId\":\"{id}\",\"runId\":\"{id}\",\"sentAt\":\"{DateTimeOffset.UtcNow:O}\","
            + $"\"watchesUsed\":0,\"watchesLimit\":1,\"pendingOutbox\":0,\"libraries\":[{libraries}]}}";

    private static string Announcement(string id, string libraries) =>
        $"{{\"catalogId\":\"{id}\",\"revision\":1,\"libraries\":[{libraries}],"
            + $"\"hosts\":[],\"sentAt\":\"{DateTimeOffset.UtcNow:O}\",\"sentBy\":\"{id}\"}}";

    private static string Part(string library, string id, string entries) =>
        $"{{\"libraryId\":\"{library}\",\"stateId\":\"{id}\",\"entries\":[{entries}],\"isLast\":false,\"highestVersion\":1}}";
}
