using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using WatchPhoto.Contracts;
using WatchPhoto.Testing;

namespace WatchPhoto.Indexer.Tests;

/// <summary>Many libraries are registered at once by many, and none is turned away.</summary>
public sealed class ManyLibrariesTests(TestServers servers)
{
    private const int Count = 300;
    private const int AtOnce = 20;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task All_libraries_that_many_clients_register_at_once_are_taken(bool onServers)
    {
        Dictionary<string, string?>? settings = null;
        if (onServers)
        {
            var running = await servers.StartAsync(TestContext.Current.CancellationToken);
            string url = new MongoDB.Driver.MongoUrlBuilder(
                running.MongoDb.ConnectionString) { DatabaseName = running.CreateDatabaseName() }.ToString();
            settings = new() { ["ConnectionStrings:MongoDb"] = url };
        }

        await using var indexer = await LiveIndexer.StartAsync(settings);
        await indexer.ReadyAsync();
        for (int host = 0; host < 10; host++)
        {
            await indexer.PublishAsync(new WatcherReport
            {
                Host = $"host{host}", StateId = Guid.NewGuid(), RunId = Guid.NewGuid(), SentAt = DateTimeOffset.UtcNow, WatchesUsed = 0,
                WatchesLimit = 1, PendingOutbox = 0, Libraries = [],
            });
        }

        var answers = new System.Collections.Concurrent.ConcurrentBag<HttpStatusCode>();
        await Parallel.ForAsync(
            0, Count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = TestContext.Current.CancellationToken },
            async (i, token) =>
        {
            // On a machine that is busy with other things the database may not answer in time: whoever is told so tries again.
            await Wait.UntilAsync(async () =>
            {
                using var answer = await indexer.Http.PostAsJsonAsync(
                    "/api/libraries",
                    new { id = $"library{i}", name = $"Library {i}", host = $"host{i % 10}", path = $"/srv/photos/library{i}" }, token);
                if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
                    return false;
                answers.Add(answer.StatusCode);
                return true;
            });
        });
        Assert.True(
            answers.All(status => status == HttpStatusCode.Created),
            $"{string.Join(", ", answers.CountBy(status => status))}\n{string.Join('\n', indexer.Log.Lines)}");

        // And each has its host's watcher as its owner.
        await Wait.UntilAsync(async () =>
        {
            var libraries = await indexer.Http.GetFromJsonAsync<JsonElement>("/api/libraries", TestContext.Current.CancellationToken);
            return libraries.GetArrayLength() == Count && libraries.EnumerateArray().All(library => library.TryGetProperty("owner", out _));
        });
        // Nor were there ever more questions than the driver lets wait.
        Assert.DoesNotContain(indexer.Log.Lines, line => line.Contains("wait queue", StringComparison.OrdinalIgnoreCase));
    }
}
