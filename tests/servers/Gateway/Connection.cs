using System.Net.Sockets;
using MongoDB.Bson;
using Npgsql;

namespace WatchPhoto.TestServers.Gateway;

/// <summary>One client. Requests of a connection are answered in their order, as mongod does.</summary>
internal sealed class Connection(TcpClient client, Commands commands)
{
    public async Task RunAsync()
    {
        // Back to the accept loop at once, whatever the first read does.
        await Task.Yield();
        using var _ = client;
        client.NoDelay = true;
        var stream = client.GetStream();
        await using var buffered = new BufferedStream(stream, 64 * 1024);
        try
        {
            while (await Wire.ReadAsync(buffered) is { } request)
            {
                var reply = await AnswerAsync(request);
                if (request.WantsReply) await Wire.WriteAsync(stream, request, reply);
            }
        }
        catch (Exception hungUp) when (hungUp is IOException or SocketException or ObjectDisposedException)
        {
            // The client went away; there is nobody left to tell.
        }
        catch (Exception failure)
        {
            // Includes a database that is gone: the client sees a server that hangs up, as with a mongod that dies.
            await Console.Error.WriteLineAsync($"connection closed: {failure}");
        }
    }

    private async Task<byte[]> AnswerAsync(Request request)
    {
        try
        {
            return await commands.AnswerAsync(request);
        }
        catch (PostgresException refused) when (!refused.SqlState.StartsWith("57P", StringComparison.Ordinal))
        {
            return Errors.ToReply(refused).ToBson();
        }
    }
}
