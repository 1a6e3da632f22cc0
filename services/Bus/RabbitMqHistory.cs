using System.Globalization;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;
using WatchPhoto.Contracts;

namespace WatchPhoto.Bus;

/// <summary>
/// The history in a stream of RabbitMQ, read over the same protocol as everything else: a consumer says from when on it
/// wants the stream, and is told nothing of where it ends. So a mark is put into the stream first, and reading ends at it.
/// </summary>
internal sealed class RabbitMqHistory : IFileEventsHistory
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly ConnectionFactory _broker;

    private RabbitMqHistory(ConnectionFactory broker) => _broker = broker;

    public static IFileEventsHistory Create(BrokerAddress broker, BusOptions options)
    {
        if (options.HistoryAge == TimeSpan.Zero)
            return new NoHistory("RabbitMQ keeps no history here: set Bus__HistoryAge to how long it shall, for all services; what is published from then on can be replayed.");
        // A consumer that went on by itself would start from the beginning.
        return new RabbitMqHistory(broker.Connections(options));
    }

    public async Task<IHistoryReading> OpenAsync(DateTimeOffset from, DateTimeOffset until, CancellationToken cancellationToken)
    {
        // A broker that is frozen takes connections, and never says a word.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        IConnection? connection = null;
        try
        {
            connection = await _broker.CreateConnectionAsync("WatchPhoto replay", patience.Token);
            return await OpenAsync(connection, from, until, patience.Token);
        }
        catch (Exception exception)
        {
            if (connection is not null)
            {
                // Without the farewell, which it may not answer.
                await connection.AbortAsync(TimeSpan.Zero);
                await connection.DisposeAsync();
            }

            if (exception is OperationInterruptedException { ShutdownReason.ReplyCode: Constants.NotFound })
                throw new NoHistoryException("RabbitMQ has no history any more: somebody has deleted it. It begins anew when a service starts that has Bus__HistoryAge set.");
            // The client also ends so what it was waiting for when its connection is lost.
            if (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested)
                throw new TimeoutException("no answer, or the connection was lost", exception);
            throw;
        }
    }

    private static async Task<HistoryReading> OpenAsync(
        IConnection connection, DateTimeOffset from, DateTimeOffset until, CancellationToken cancellationToken)
    {
        var confirming = new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true);
        var channel = await connection.CreateChannelAsync(confirming, cancellationToken);
        await channel.QueueDeclarePassiveAsync(BusNames.HistoryStream, cancellationToken);

        // Both wait where the stream is now, or will go on, before the mark: it is the last that either of them can find.
        var first = await StreamReader.OpenAsync(connection, from, cancellationToken);
        var behind = await StreamReader.OpenAsync(connection, until + TimeSpan.FromSeconds(1), cancellationToken);
        var mark = new BasicProperties { Type = HistoryReading.Mark, Persistent = true };
        await channel.BasicPublishAsync(BusNames.HistoryStream, "", mandatory: true, mark, ReadOnlyMemory<byte>.Empty, cancellationToken);
        ulong end = (await behind.FirstAsync(cancellationToken)).Offset;
        await behind.DisposeAsync();
        return new HistoryReading(connection, first, end);
    }

    private sealed class HistoryReading(IConnection connection, StreamReader reader, ulong end) : IHistoryReading
    {
        public const string Mark = "watchphoto.replay";

        public async IAsyncEnumerable<HistoricMessage> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            ulong? beginning = null;
            await foreach (var message in reader.ReadAsync(cancellationToken))
            {
                if (message.Offset >= end)
                    yield break;
                beginning ??= message.Offset;
                if (message.Type != Mark)
                    yield return new HistoricMessage((double)(message.Offset - beginning.Value) / (end - beginning.Value), Parse(message.Body));
            }
        }

        public ValueTask DisposeAsync() => connection.DisposeAsync();

        private static FileEvents? Parse(byte[] body)
        {
            try
            {
                return Gate.Parse<FileEvents>(body);
            }
            catch (Exception exception) when (exception is UnreadableMessageException or RefusedMessageException)
            {
                return null;
            }
        }
    }

    private sealed record StreamMessage(ulong Offset, string? Type, byte[] Body);

    /// <summary>A consumer of the stream, and what it has read ahead.</summary>
    private sealed class StreamReader : AsyncDefaultBasicConsumer, IAsyncDisposable
    {
        // Of up to 256 KiB each.
        private const ushort ReadAhead = 64;

        private readonly Channel<(StreamMessage Message, ulong Tag)> _messages =
            System.Threading.Channels.Channel.CreateBounded<(StreamMessage, ulong)>(ReadAhead);

        private StreamReader(IChannel channel)
            : base(channel)
        {
        }

        /// <returns>One that will read what is there of this time and later, and what comes.</returns>
        public static async Task<StreamReader> OpenAsync(IConnection connection, DateTimeOffset from, CancellationToken cancellationToken)
        {
            var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
            await channel.BasicQosAsync(prefetchSize: 0, ReadAhead, global: false, cancellationToken);
            var reader = new StreamReader(channel);
            var start = new Dictionary<string, object?> { ["x-stream-offset"] = new AmqpTimestamp(Math.Max(0, from.ToUnixTimeSeconds())) };
            await channel.BasicConsumeAsync(
                BusNames.HistoryStream, autoAck: false, consumerTag: "", noLocal: false, exclusive: false, start, reader, cancellationToken);
            return reader;
        }

        public async Task<StreamMessage> FirstAsync(CancellationToken cancellationToken)
        {
            await foreach (var message in ReadAsync(cancellationToken))
                return message;
            throw new IOException("RabbitMQ has ended the stream.");
        }

        public async IAsyncEnumerable<StreamMessage> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await foreach (var (message, tag) in _messages.Reader.ReadAllAsync(cancellationToken))
            {
                yield return message;
                // Once the connection is lost, the messages end with that.
                if (Channel.IsOpen)
                    await Channel.BasicAckAsync(tag, multiple: false, cancellationToken);
            }
        }

        public override async Task HandleBasicDeliverAsync(
            string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey, IReadOnlyBasicProperties properties,
            ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
        {
            ulong offset = Convert.ToUInt64(properties.Headers!["x-stream-offset"], CultureInfo.InvariantCulture);
            await _messages.Writer.WriteAsync((new StreamMessage(offset, properties.Type, body.ToArray()), deliveryTag), cancellationToken);
        }

        // The stream was deleted, or has lost its place.
        public override Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
        {
            _messages.Writer.TryComplete(new IOException("RabbitMQ has ended the stream."));
            return Task.CompletedTask;
        }

        public override Task HandleChannelShutdownAsync(object channel, ShutdownEventArgs reason)
        {
            _messages.Writer.TryComplete(new IOException($"RabbitMQ is gone: {reason.ReplyText}"));
            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync() => Channel.DisposeAsync();
    }
}
