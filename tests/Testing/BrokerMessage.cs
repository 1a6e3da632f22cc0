namespace WatchPhoto.Testing;

/// <summary>A message as RabbitMQ's management shows it.</summary>
public sealed record BrokerMessage(string Body, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>Why it is in an error queue.</summary>
    public string Reason => Headers["MT-Fault-Message"];
}
