using System.Net.Http.Json;
using System.Text.Json;
using WatchPhoto.Contracts;
using WatchPhoto.Testing;

namespace WatchPhoto.Indexer.Tests.Bus;

/// <summary>A virtual host of the real RabbitMQ, worked on as its management page does.</summary>
internal sealed class Broker(RunningServers servers, VirtualHost host)
{
    /// <summary>What a service is told of it.</summary>
    public IReadOnlyDictionary<string, string?> Settings { get; } = new Dictionary<string, string?> { ["ConnectionStrings:RabbitMq"] = host.ConnectionString };

    public static async Task<Broker> CreateAsync(TestServers fixture)
    {
        var servers = await fixture.StartAsync(TestContext.Current.CancellationToken);
        return new(servers, await servers.CreateVirtualHostAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Publishes a text as a person would.</summary>
    public async Task PublishAsync(string payload, object? properties = null, string exchange = BusNames.FileEventsExchange)
    {
        var answer = await PostAsync($"api/exchanges/{host.Name}/{exchange}/publish",
            new { properties = properties ?? new { }, routing_key = "", payload, payload_encoding = "string" });
        Assert.True(answer.GetProperty("routed").GetBoolean(), "No queue took the message.");
    }

    /// <summary>The messages of a queue, taken out of it.</summary>
    public Task<IReadOnlyList<BrokerMessage>> TakeAsync(string queue) => GetAsync(queue, "ack_requeue_false");

    /// <summary>Whether there are messages in a queue, which stay there.</summary>
    public async Task<bool> HoldsAsync(string queue) => (await GetAsync(queue, "ack_requeue_true")).Count > 0;

    private async Task<IReadOnlyList<BrokerMessage>> GetAsync(string queue, string ackmode)
    {
        if (!await ExistsAsync(queue))
            return [];
        var messages = await PostAsync($"api/queues/{host.Name}/{queue}/get", new { count = 1000, ackmode, encoding = "auto" });
        return [.. messages.EnumerateArray().Select(message => new BrokerMessage(
            message.GetProperty("payload").GetString()!,
            message.GetProperty("properties").TryGetProperty("headers", out var headers) ? headers : default))];
    }

    public async Task<BrokerMessage> TakeOneAsync(string queue)
    {
        IReadOnlyList<BrokerMessage> messages = [];
        await Eventually.IsTrueAsync(async () => (messages = await TakeAsync(queue)).Count > 0);
        return Assert.Single(messages);
    }

    /// <summary>What "Move messages" does on the management page.</summary>
    public async Task MoveAsync(string from, string to)
    {
        using var answer = await servers.Management.PutAsJsonAsync(
            new Uri($"api/parameters/shovel/{host.Name}/move", UriKind.Relative),
            new Dictionary<string, object>
            {
                ["value"] = new Dictionary<string, object>
                {
                    ["src-uri"] = $"amqp:///{host.Name}", ["src-queue"] = from, ["src-protocol"] = "amqp091", ["src-delete-after"] = "queue-length",
                    ["dest-uri"] = $"amqp:///{host.Name}", ["dest-queue"] = to, ["dest-protocol"] = "amqp091", ["dest-add-forward-headers"] = false,
                },
            }, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    public async Task DeleteAsync(string queue)
    {
        using var answer = await servers.Management.DeleteAsync(new Uri($"api/queues/{host.Name}/{queue}", UriKind.Relative), TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Names of the exchanges or queues, those of RabbitMQ itself left out.</summary>
    public async Task<IReadOnlyList<string>> NamesAsync(string kind)
    {
        var all = await servers.Management.GetFromJsonAsync<JsonElement>(new Uri($"api/{kind}/{host.Name}", UriKind.Relative), TestContext.Current.CancellationToken);
        return [.. all.EnumerateArray().Select(each => each.GetProperty("name").GetString()!)
            .Where(name => name.Length > 0 && !name.StartsWith("amq.", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
    }

    private async Task<bool> ExistsAsync(string queue) => (await NamesAsync("queues")).Contains(queue);

    private async Task<JsonElement> PostAsync(string path, object body)
    {
        using var answer = await servers.Management.PostAsJsonAsync(new Uri(path, UriKind.Relative), body, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
    }
}

internal sealed record BrokerMessage(string Payload, JsonElement Headers)
{
    public string Reason => Headers.GetProperty("MT-Fault-Message").GetString()!;
}
