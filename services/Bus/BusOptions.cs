using System.ComponentModel.DataAnnotations;

namespace WatchPhoto.Bus;

/// <summary>Configuration section <c>Bus</c>. The broker's address is the connection string <c>RabbitMq</c>; without one the bus is in memory.</summary>
public sealed record BusOptions
{
    public const string Section = "Bus";

    /// <summary>What RabbitMQ makes of the indexers' queues. All services that share a broker must be told the same.</summary>
    [EnumDataType(typeof(QueueType))]
    public QueueType QueueType { get; init; } = QueueType.Quorum;

    /// <summary>
    /// How long RabbitMQ keeps all file events in a stream, to be replayed; zero: it keeps none. All services that share a
    /// broker must be told the same.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "3650.00:00:00")]
    public TimeSpan HistoryAge { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How often the two sides of a connection assure each other that they live; two missed ones end it.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a message may wait for the broker's confirmation before its publishing counts as failed.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan PublishTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
