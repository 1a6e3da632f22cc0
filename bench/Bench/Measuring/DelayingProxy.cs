using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace WatchPhoto.Bench.Measuring;

/// <summary>
/// Puts a server further away: what clients send arrives after a delay, however much of it is on its way; what the server
/// answers is handed on at once.
/// </summary>
internal sealed class DelayingProxy : IAsyncDisposable
{
    // Bounds what a client can have on its way; then it waits, as it would for a network.
    private const int ChunksOnTheirWay = 1024;
    private const int ChunkSize = 64 * 1024;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ending = new();
    private readonly EndPoint _server;
    private readonly TimeSpan _delay;
    private readonly Task _accepting;

    public DelayingProxy(EndPoint server, TimeSpan delay)
    {
        (_server, _delay) = (server, delay);
        _listener.Start();
        _accepting = AcceptAsync(_ending.Token);
    }

    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndpoint;

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private async Task AcceptAsync(CancellationToken cancellationToken)
    {
        while (true)
            _ = ServeAsync(await _listener.AcceptSocketAsync(cancellationToken), cancellationToken);
    }

    private async Task ServeAsync(Socket client, CancellationToken cancellationToken)
    {
        using var near = client;
        using var far = new Socket(_server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        near.NoDelay = far.NoDelay = true;
        try
        {
            await far.ConnectAsync(_server, cancellationToken);
            var onTheirWay = Channel.CreateBounded<(byte[] Chunk, DateTime Due)>(ChunksOnTheirWay);
            // Whichever direction ends first ends the connection.
            await await Task.WhenAny(
                TakeAsync(near, onTheirWay.Writer, cancellationToken), DeliverAsync(onTheirWay.Reader, far, cancellationToken),
                AnswerAsync(far, near, cancellationToken));
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One of the two has gone.
        }
    }

    private async Task TakeAsync(Socket client, ChannelWriter<(byte[] Chunk, DateTime Due)> onTheirWay, CancellationToken cancellationToken)
    {
        var buffer = new byte[ChunkSize];
        while (await client.ReceiveAsync(buffer, cancellationToken) is var length and > 0)
            await onTheirWay.WriteAsync((buffer[..length], DateTime.UtcNow + _delay), cancellationToken);
    }

    private static async Task DeliverAsync(ChannelReader<(byte[] Chunk, DateTime Due)> onTheirWay, Socket server, CancellationToken cancellationToken)
    {
        await foreach (var (chunk, due) in onTheirWay.ReadAllAsync(cancellationToken))
        {
            if (due - DateTime.UtcNow is var left && left > TimeSpan.Zero)
                await Task.Delay(left, cancellationToken);
            await server.SendAsync(chunk, cancellationToken);
        }
    }

    private static async Task AnswerAsync(Socket server, Socket client, CancellationToken cancellationToken)
    {
        var buffer = new byte[ChunkSize];
        while (await server.ReceiveAsync(buffer, cancellationToken) is var length and > 0)
            await client.SendAsync(buffer.AsMemory(0, length), cancellationToken);
    }
}
