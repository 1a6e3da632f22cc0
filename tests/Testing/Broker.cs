using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using WatchPhoto.Contracts;

namespace WatchPhoto.Testing;

/// <summary>What a person does in RabbitMQ's management, over its HTTP API.</summary>
public sealed class Broker(RunningServers servers, VirtualHost host)
{
    /// <summary>The exchange that hands a message to the queue of the routing key, as the management calls it.</summary>
    public const string DefaultExchange = "amq.default";

    private const string TakeOut = "ack_requeue_false";
    // It takes some megabytes, and what it is sent is a third longer than the message.
    private const int MostOfManagement = 3_000_000;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>What a service in this process is told of it.</summary>
    public IReadOnlyDictionary<string, string?> Settings { get; } =
        new Dictionary<string, string?> { ["ConnectionStrings:RabbitMq"] = host.ConnectionString };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A new virtual host of the tests' RabbitMQ.</summary>
    public static async Task<Broker> CreateAsync(TestServers fixture)
    {
        var servers = await fixture.StartAsync(Cancellation);
        return new(servers, await servers.CreateVirtualHostAsync(Cancellation));
    }

    public async Task PublishAsync(string exchange, string routingKey, string body, object? properties = null) =>
        Assert.True(await TryPublishAsync(exchange, routingKey, body, properties), $"No queue took the message published to {exchange}.");

    /// <summary>Publishes what a watcher would have sent, as a person writes it.</summary>
    public Task PublishFileEventsAsync(string body, object? properties = null) =>
        PublishAsync(BusNames.FileEventsExchange, "", body, properties ?? new { });

    /// <param name="properties">By default: it is kept on the disk.</param>
    /// <returns>Whether a queue has taken it.</returns>
    public async Task<bool> TryPublishAsync(string exchange, string routingKey, string body, object? properties = null)
    {
        if (properties is null && body.Length > MostOfManagement)
            return await TryPublishDirectlyAsync(exchange, routingKey, body);
        using var answer = await servers.Management.PostAsJsonAsync(
            Api($"exchanges/{host.Name}/{exchange}/publish"),
            new
            {
                properties = properties ?? new { delivery_mode = 2 },
                routing_key = routingKey,
                payload = Convert.ToBase64String(Encoding.UTF8.GetBytes(body)),
                payload_encoding = "base64",
            },
            Cancellation);
        answer.EnsureSuccessStatusCode();
        var published = await answer.Content.ReadFromJsonAsync<JsonNode>(Cancellation);
        return published!["routed"]!.GetValue<bool>();
    }

    /// <summary>The first messages of a queue; none where there is no such queue.</summary>
    /// <param name="keep">Whether they stay in the queue.</param>
    public Task<IReadOnlyList<BrokerMessage>> ReadAsync(string queue, bool keep = true) =>
        GetAsync(queue, keep ? "ack_requeue_true" : TakeOut);

    /// <summary>The only message of a queue, taken out of it once it is there.</summary>
    public async Task<BrokerMessage> TakeOneAsync(string queue)
    {
        IReadOnlyList<BrokerMessage> messages = [];
        await Wait.UntilAsync(async () => (messages = await ReadAsync(queue, keep: false)).Count > 0, $"Nothing is in {queue}.");
        return Assert.Single(messages);
    }

    /// <summary>Takes the first messages of a queue and gives them back, as a reader that fails does.</summary>
    public Task RejectAsync(string queue) => GetAsync(queue, "reject_requeue_true");

    public async Task PurgeAsync(string queue)
    {
        using var answer = await servers.Management.DeleteAsync(Api($"queues/{host.Name}/{queue}/contents"), Cancellation);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>From now on a queue has a copy of each message published to an exchange, the last ones.</summary>
    public async Task CopyAsync(string exchange, string queue, int last, int lastBytes)
    {
        using var declared = await servers.Management.PutAsJsonAsync(
            Api($"queues/{host.Name}/{queue}"),
            new
            {
                durable = true,
                arguments = new Dictionary<string, object> { ["x-max-length"] = last, ["x-max-length-bytes"] = lastBytes },
            },
            Cancellation);
        declared.EnsureSuccessStatusCode();
        using var bound = await servers.Management.PostAsJsonAsync(
            Api($"bindings/{host.Name}/e/{exchange}/q/{queue}"), new { routing_key = "" }, Cancellation);
        bound.EnsureSuccessStatusCode();
    }

    /// <summary>What "Move messages" in the page of a queue does.</summary>
    public async Task MoveMessagesAsync(string from, string to)
    {
        using var answer = await servers.Management.PutAsJsonAsync(
            Api($"parameters/shovel/{host.Name}/{Uri.EscapeDataString($"Move from {from}")}"),
            new
            {
                value = new Dictionary<string, object>
                {
                    ["src-protocol"] = "amqp091",
                    ["src-uri"] = $"amqp:///{host.Name}",
                    ["src-queue"] = from,
                    ["src-prefetch-count"] = 1000,
                    ["src-delete-after"] = "queue-length",
                    ["dest-protocol"] = "amqp091",
                    ["dest-uri"] = $"amqp:///{host.Name}",
                    ["dest-queue"] = to,
                    ["dest-add-forward-headers"] = false,
                    ["ack-mode"] = "on-confirm",
                },
            },
            Cancellation);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
    }

    /// <summary>Closes all connections, as "Force close" in the page of each does.</summary>
    public async Task CloseConnectionsAsync()
    {
        foreach (string name in await NamesAsync($"vhosts/{host.Name}/connections"))
        {
            // It may have ended by itself.
            using var closed = await servers.Management.DeleteAsync(Api($"connections/{Uri.EscapeDataString(name)}"), Cancellation);
        }
    }

    /// <summary>Deletes all queues that somebody reads.</summary>
    public async Task DeleteQueuesAsync()
    {
        foreach (string name in await NamesAsync($"queues/{host.Name}"))
        {
            if (name.StartsWith("watchphoto.", StringComparison.Ordinal))
            {
                // It may have gone with its reader.
                using var deleted = await servers.Management.DeleteAsync(QueueApi(name), Cancellation);
            }
        }
    }

    public async Task DeleteAsync(string queue)
    {
        using var deleted = await servers.Management.DeleteAsync(QueueApi(queue), Cancellation);
        deleted.EnsureSuccessStatusCode();
    }

    /// <summary>The queues; those of RabbitMQ itself left out.</summary>
    public Task<IReadOnlyList<string>> QueuesAsync() => OwnNamesAsync("queues");

    /// <inheritdoc cref="QueuesAsync"/>
    public Task<IReadOnlyList<string>> ExchangesAsync() => OwnNamesAsync("exchanges");

    // As a program does, without the management.
    private async Task<bool> TryPublishDirectlyAsync(string exchange, string routingKey, string body)
    {
        string name = exchange == DefaultExchange ? "" : exchange;
        var factory = new ConnectionFactory { Uri = new Uri(host.ConnectionString), AutomaticRecoveryEnabled = false };
        await using var connection = await factory.CreateConnectionAsync(Cancellation);
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), Cancellation);
        try
        {
            await channel.BasicPublishAsync(
                name, routingKey, mandatory: true, new BasicProperties { DeliveryMode = DeliveryModes.Persistent },
                Encoding.UTF8.GetBytes(body), Cancellation)
                .AsTask().WaitAsync(s_patience, Cancellation);
            return true;
        }
        catch (PublishReturnException)
        {
            return false;
        }
    }

    private async Task<IReadOnlyList<string>> OwnNamesAsync(string kind) =>
        [.. (await NamesAsync($"{kind}/{host.Name}"))
            .Where(name => name.Length > 0 && !name.StartsWith("amq.", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    private async Task<IReadOnlyList<string>> NamesAsync(string path)
    {
        using var answer = await servers.Management.GetAsync(Api(path), Cancellation);
        answer.EnsureSuccessStatusCode();
        var all = await answer.Content.ReadFromJsonAsync<JsonArray>(Cancellation);
        return [.. all!.Select(each => each!["name"]!.GetValue<string>())];
    }

    /// <summary>How many queues an exchange hands its messages to.</summary>
    public async Task<int> CountReadersAsync(string exchange)
    {
        using var answer = await servers.Management.GetAsync(Api($"exchanges/{host.Name}/{exchange}/bindings/source"), Cancellation);
        return answer.IsSuccessStatusCode ? (await answer.Content.ReadFromJsonAsync<JsonArray>(Cancellation))!.Count : 0;
    }

    private async Task<IReadOnlyList<BrokerMessage>> GetAsync(string queue, string mode)
    {
        // A management that is short of processor time ends connections before it has read what is asked. Where the messages stay,
        // it is asked again.
        IReadOnlyList<BrokerMessage> messages = [];
        await Wait.UntilAsync(async () =>
        {
            try
            {
                messages = await GetOnceAsync(queue, mode);
                return null;
            }
            catch (HttpRequestException exception) when (mode != TakeOut && exception.StatusCode is null)
            {
                return $"RabbitMQ's management does not answer: {exception.Message}";
            }
        });
        return messages;
    }

    private async Task<IReadOnlyList<BrokerMessage>> GetOnceAsync(string queue, string mode)
    {
        using var answer = await servers.Management.PostAsJsonAsync(
            Api($"queues/{host.Name}/{queue}/get"),
            new { count = 1000, ackmode = mode, encoding = "base64" },
            Cancellation);
        if (answer.StatusCode == HttpStatusCode.NotFound)
            return [];
        answer.EnsureSuccessStatusCode();
        var messages = await answer.Content.ReadFromJsonAsync<JsonArray>(Cancellation);
        return [.. messages!.Select(message => new BrokerMessage(
            Encoding.UTF8.GetString(Convert.FromBase64String(message!["payload"]!.GetValue<string>())),
            // An empty object is an empty array in this API.
            message["properties"]!["headers"] is JsonObject headers
                ? headers.ToDictionary(header => header.Key, header => header.Value?.ToString() ?? "")
                : new Dictionary<string, string>()))];
    }

    private Uri QueueApi(string queue) => Api($"queues/{host.Name}/{Uri.EscapeDataString(queue)}");

    private static Uri Api(string path) => new($"api/{path}", UriKind.Relative);
}
