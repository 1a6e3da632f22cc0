using System.Globalization;
using System.Text.Json.Nodes;
using WatchPhoto.Contracts;
using WatchPhoto.EndToEnd.Tests.Harness;
using WatchPhoto.Testing;

namespace WatchPhoto.EndToEnd.Tests;

/// <summary>Messages that come twice, in any order, again and again, or among bad ones.</summary>
public sealed class DisorderTests(TestServers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_message_delivered_twice_and_in_random_order_makes_the_same_catalog()
    {
        await using var installation = await StartAsync();
        var disk = installation.CreateDisk();
        await using var churn = new Churn(disk, seed: 2);
        var library = await installation.RegisterAsync("north", disk);
        await library.EqualsDiskAsync();
        await EndIndexersAsync(installation);
        var before = disk.Walk();
        churn.Start();
        await churn.StepsAsync(600);
        // A watcher that gets little of the processor tells much in a few.
        while ((await installation.Broker.ReadAsync(BusNames.IndexerQueue)).Count <= 20)
            await churn.StepsAsync(50);
        await churn.StopAsync();

        var messages = await TakeAllAsync(installation.Broker, before, disk.Walk());
        // Nobody corrects what these messages come to.
        library.Watcher.Kill();
        var random = new Random(2);
        var twice = messages.Concat(messages).ToArray();
        random.Shuffle(twice);
        foreach (var message in twice)
            await installation.Broker.PublishAsync(Broker.DefaultExchange, BusNames.IndexerQueue, message);
        foreach (var indexer in installation.Indexers)
            indexer.Start();

        await library.EqualsDiskAsync();
        library.Watcher.Start();
        await library.IsVerifiedAsync();
        await installation.ErrorQueueIsEmptyAsync();
    }

    [Fact]
    public async Task Messages_that_returned_to_the_queue_more_often_than_RabbitMq_allows_by_itself_are_not_dropped()
    {
        await using var installation = await StartAsync();
        var disk = installation.CreateDisk();
        disk.AddPhotos(100);
        var library = await installation.RegisterAsync("north", disk);
        await library.EqualsDiskAsync();
        await EndIndexersAsync(installation);
        disk.Run("mv 2026/000 moved; rm 2026/001/*");
        await installation.UntilAsync(
            async () => Proves(await installation.Broker.ReadAsync(BusNames.IndexerQueue), disk.Walk().Count)
                ? null
                : "The watcher has not told all.");
        library.Watcher.Kill();
        // Nothing of it is still on the way: RabbitMQ has taken all when it knows that the watcher is gone.
        await installation.UntilAsync(
            async () => await installation.Broker.CountReadersAsync(BusNames.LibrariesExchange) == 0
                ? null
                : "RabbitMQ still believes in the watcher.");

        for (int i = 0; i < 30; i++)
            await installation.Broker.RejectAsync(BusNames.IndexerQueue);
        Assert.All(
            await installation.Broker.ReadAsync(BusNames.IndexerQueue), message => Assert.Equal("30", message.Headers["x-delivery-count"]));
        foreach (var indexer in installation.Indexers)
            indexer.Start();

        await library.EqualsDiskAsync();
        library.Watcher.Start();
        await library.IsVerifiedAsync();
        await installation.ErrorQueueIsEmptyAsync();
    }

    [Fact]
    public async Task Bad_messages_under_load_go_to_the_error_queue_once_each_and_stop_nobody()
    {
        string[] bad =
        [
            "no message",
            """{"libraryId":"never registered","epoch":1,"host":"north","events":[{"kind":"deleted","version":1,"path":"a.jpg"}]}""",
            """{"libraryId":"library-1","epoch":1,"host":"north","events":[{"kind":"deleted","version":1,"path":"../a.jpg"}]}""",
            """{"libraryId":"library-1","epoch":99,"host":"north","events":[{"kind":"deleted","version":1,"path":"a.jpg"}]}""",
        ];
        await using var installation = await StartAsync();
        await installation.SurvivesUnderLoadAsync("north", async churn =>
        {
            foreach (var message in bad)
            {
                await installation.Broker.PublishAsync(BusNames.FileEventsExchange, "", message);
                await churn.StepsAsync(50);
            }

            IReadOnlyList<BrokerMessage> failed = [];
            await installation.UntilAsync(async () =>
                (failed = await installation.Broker.ReadAsync(BusNames.IndexerErrorQueue)).Count >= bad.Length
                    ? null
                    : "Not all are in the error queue.");
            Assert.Equal(bad.Order(), failed.Select(message => message.Body).Order());
            Assert.All(failed, message => Assert.NotEmpty(message.Headers["MT-Fault-Message"]));
            await installation.Broker.PurgeAsync(BusNames.IndexerErrorQueue);
        });
    }

    private async Task<Installation> StartAsync() =>
        await Installation.StartAsync(await servers.StartAsync(Cancellation), ["north"], indexers: 2);

    private static async Task EndIndexersAsync(Installation installation)
    {
        foreach (var indexer in installation.Indexers)
            Assert.Equal(0, await indexer.TerminateAsync());
    }

    // A proof comes behind the events it is about: when it counts all files, all is told.
    private static bool Proves(IEnumerable<BrokerMessage> messages, int files) =>
        messages.Any(message => JsonNode.Parse(message.Body)!["proof"] is { } proof && proof["count"]!.GetValue<int>() == files);

    // A proof may come before a file that was put off for a second because it had just been told of: all is told when what the
    // messages say, in the order of their versions, is the disk.
    private static async Task<List<string>> TakeAllAsync(
        Broker broker, SortedDictionary<string, SeenFile> before, SortedDictionary<string, SeenFile> after)
    {
        var taken = new List<string>();
        await Wait.UntilAsync(
            async () =>
            {
                taken.AddRange((await broker.ReadAsync(BusNames.IndexerQueue, keep: false)).Select(message => message.Body));
                var told = Told(before, taken);
                return told.Count == after.Count && told.All(file => after.TryGetValue(file.Key, out var there) && there == file.Value);
            },
            "The watcher has not told all.");
        return taken;
    }

    private static Dictionary<string, SeenFile> Told(SortedDictionary<string, SeenFile> before, IEnumerable<string> messages)
    {
        var told = new Dictionary<string, SeenFile>(before);
        var plans = messages.SelectMany(message => JsonNode.Parse(message)!["events"]?.AsArray() ?? []).OfType<JsonObject>()
            .GroupBy(each => each["version"]!.GetValue<long>()).OrderBy(plan => plan.Key);
        foreach (var plan in plans)
        {
            // Within a plan what is there counts more than what is gone.
            foreach (var each in plan)
            {
                var path = each["path"]!.GetValue<string>();
                if (each["kind"]!.GetValue<string>() == "directoryRemoved")
                {
                    foreach (var below in told.Keys.Where(other => other.StartsWith(path + "/", StringComparison.Ordinal)).ToList())
                        told.Remove(below);
                }

                told.Remove(each["oldPath"]?.GetValue<string>() ?? path);
            }

            foreach (var each in plan.Where(each => each["file"] is not null))
            {
                var file = each["file"]!;
                told[each["path"]!.GetValue<string>()] = new SeenFile(
                    file["size"]!.GetValue<long>(), file["modifiedAt"]!.GetValue<string>(),
                    ulong.Parse(file["inode"]!.GetValue<string>(), CultureInfo.InvariantCulture));
            }
        }

        return told;
    }
}
