using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using WatchPhoto.Testing;

namespace WatchPhoto.EndToEnd.Tests;

/// <summary>A queue called letters, used through RabbitMQ's management as a person would.</summary>
internal static class Letters
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task DeclareQueueAsync(RunningServers running, VirtualHost host)
    {
        using var declared = await running.Management.PutAsJsonAsync(
            new Uri($"api/queues/{host.Name}/letters", UriKind.Relative), new { durable = true }, Cancellation);
        declared.EnsureSuccessStatusCode();
    }

    public static async Task PublishAsync(RunningServers running, VirtualHost host, string text)
    {
        using var published = await running.Management.PostAsJsonAsync(
            new Uri($"api/exchanges/{host.Name}/amq.default/publish", UriKind.Relative),
            new
            {
                properties = new { delivery_mode = 2 },
                routing_key = "letters",
                payload = Convert.ToBase64String(Encoding.UTF8.GetBytes(text)),
                payload_encoding = "base64",
            },
            Cancellation);
        var answer = await published.Content.ReadFromJsonAsync<JsonNode>(Cancellation);
        Assert.True(answer!["routed"]!.GetValue<bool>());
    }

    public static async Task<string?> GetAsync(RunningServers running, VirtualHost host)
    {
        using var got = await running.Management.PostAsJsonAsync(
            new Uri($"api/queues/{host.Name}/letters/get", UriKind.Relative),
            new { count = 1, ackmode = "ack_requeue_false", encoding = "auto" },
            Cancellation);
        if (!got.IsSuccessStatusCode) return null;
        var messages = await got.Content.ReadFromJsonAsync<JsonArray>(Cancellation);
        return messages is [var message] ? message!["payload"]!.GetValue<string>() : null;
    }
}
