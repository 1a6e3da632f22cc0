using System.Globalization;
using System.Net.Sockets;
using System.Text;
using WatchPhoto.Testing;

namespace WatchPhoto.Indexer.Tests.Api;

/// <summary>HTTP 1.1 byte by byte, for what no client library would send. For one thread at a time.</summary>
internal sealed class RawHttp(Uri address) : IDisposable
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private Socket? _socket;
    private int _start, _end;

    public void Dispose() => _socket?.Dispose();

    /// <summary>Sends a whole request; the connection is kept for the next one where the server keeps it.</summary>
    public RawAnswer Ask(ReadOnlySpan<byte> request, bool isHead = false)
    {
        bool kept = _socket is not null;
        try
        {
            return AskOnce(request, isHead);
        }
        catch (SocketException) when (kept)
        {
            // It was closed in the meantime.
            Close();
            return AskOnce(request, isHead);
        }
    }

    public RawAnswer Ask(string request, bool isHead = false) => Ask(Encoding.Latin1.GetBytes(request), isHead);

    /// <summary>Sends anything on a connection of its own, and goes away with or without an answer.</summary>
    public void Throw(ReadOnlySpan<byte> bytes)
    {
        using var socket = Connected();
        try
        {
            socket.Send(bytes);
            socket.Poll(TimeSpan.FromMilliseconds(5), SelectMode.SelectRead);
        }
        catch (SocketException)
        {
            // The server has had enough of it.
        }
    }

    /// <summary>
    /// Sends anything on a connection of its own, and after a while resets it, as the system does of a process that dies.
    /// </summary>
    public void Reset(ReadOnlySpan<byte> bytes, TimeSpan after)
    {
        using var socket = Connected();
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        socket.Send(bytes);
        socket.Poll(after, SelectMode.SelectRead);
    }

    private RawAnswer AskOnce(ReadOnlySpan<byte> request, bool isHead)
    {
        _socket ??= Connected();
        for (int sent = 0; sent < request.Length;)
            sent += _socket.Send(request[sent..]);
        while (true)
        {
            var head = Head();
            int status = int.Parse(head[0].Split(' ')[1], CultureInfo.InvariantCulture);
            if (status < 200)
                continue;
            bool closes = Header(head, "Connection") == "close";
            byte[] body = isHead || status is 204 or 304 ? []
                : Header(head, "Transfer-Encoding") == "chunked" ? Chunks()
                : Header(head, "Content-Length") is { } length ? Take(int.Parse(length, CultureInfo.InvariantCulture))
                : Rest();
            if (closes)
                Close();
            return new RawAnswer(status, Header(head, "Content-Type"), Encoding.UTF8.GetString(body));
        }
    }

    private static string? Header(List<string> head, string name) =>
        head.FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();

    private List<string> Head()
    {
        var lines = new List<string>();
        while (Line() is { Length: > 0 } line)
            lines.Add(line);
        return lines;
    }

    private byte[] Chunks()
    {
        using var body = new MemoryStream();
        while (int.Parse(Line(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) is > 0 and var length)
        {
            body.Write(Take(length));
            Line();
        }

        Line();
        return body.ToArray();
    }

    // Where the length is not told, the connection's end is the body's.
    private byte[] Rest()
    {
        var body = new List<byte>();
        while (_start < _end || Fill())
            body.Add(_buffer[_start++]);
        return [.. body];
    }

    private string Line()
    {
        var line = new List<byte>();
        for (byte next; (next = Next()) != '\n';)
            line.Add(next);
        return Encoding.Latin1.GetString([.. line]).TrimEnd('\r');
    }

    private byte[] Take(int length)
    {
        var bytes = new byte[length];
        for (int i = 0; i < length; i++)
            bytes[i] = Next();
        return bytes;
    }

    private byte Next()
    {
        if (_start == _end && !Fill())
            throw new SocketException((int)SocketError.ConnectionReset);
        return _buffer[_start++];
    }

    private bool Fill()
    {
        (_start, _end) = (0, _socket!.Receive(_buffer));
        return _end > 0;
    }

    private Socket Connected()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.ReceiveTimeout = (int)Patience.Usual.TotalMilliseconds;
        socket.Connect(address.Host, address.Port);
        return socket;
    }

    private void Close()
    {
        _socket?.Dispose();
        (_socket, _start, _end) = (null, 0, 0);
    }
}

internal sealed record RawAnswer(int Status, string? ContentType, string Body);
