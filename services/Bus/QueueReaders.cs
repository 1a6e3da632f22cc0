using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace WatchPhoto.Bus;

/// <summary>
/// Asks RabbitMQ itself, over a connection apart, which queues this process does not read. A reader that was lost together with its
/// connection at the wrong moment is missed by nobody else: the bus has a healthy connection, and waits for messages on it.
/// </summary>
internal sealed class QueueReaders(ConnectionFactory broker, Deliveries deliveries) : IAsyncDisposable
{
    private IConnection? _connection;

    /// <returns>
    /// Those that are gone or that nobody reads; and those where messages wait and none has come to this process since it last asked:
    /// it is another process that reads them.
    /// </returns>
    /// <exception cref="RabbitMQClientException">The broker does not answer; so do some others (<see cref="BusConnection.IsAway"/>).</exception>
    public async Task<IReadOnlyList<string>> FindUnreadAsync(IReadOnlyList<string> queues, CancellationToken cancellationToken)
    {
        if (_connection is not { IsOpen: true })
        {
            await CloseAsync();
            _connection = await broker.CreateConnectionAsync("WatchPhoto readers", cancellationToken);
        }

        var unread = new List<string>();
        foreach (string queue in queues)
        {
            // A question about a queue that is not there ends the channel.
            await using var channel = await _connection.CreateChannelAsync(cancellationToken: cancellationToken);
            try
            {
                var said = await channel.QueueDeclarePassiveAsync(queue, cancellationToken);
                if ((deliveries.TakeRested(queue) && said.MessageCount > 0) || said.ConsumerCount == 0)
                    unread.Add(queue);
            }
            catch (OperationInterruptedException exception) when (exception.ShutdownReason?.ReplyCode == Constants.NotFound)
            {
                unread.Add(queue);
            }
        }

        return unread;
    }

    public async ValueTask DisposeAsync() => await CloseAsync();

    // Without the farewell, which the broker may not answer.
    private async Task CloseAsync()
    {
        if (_connection is null)
            return;
        await _connection.AbortAsync(TimeSpan.Zero);
        await _connection.DisposeAsync();
        _connection = null;
    }
}
