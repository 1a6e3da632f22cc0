using System.Buffers.Binary;
using System.Text;
using MongoDB.Bson;

namespace WatchPhoto.TestServers.Gateway;

/// <summary>A command as the client sent it: documents stay bytes, DocumentDB reads them itself.</summary>
/// <param name="Id">The number that the answer has to repeat.</param>
/// <param name="Name">The command: the name of the document's first field.</param>
/// <param name="Sequence">The documents of an insert, update or delete that travel beside the command.</param>
/// <param name="WantsReply">False for writes with w: 0.</param>
/// <param name="IsQuery">True for the one old message that clients still greet with.</param>
internal sealed record Request(
    int Id, string Name, string Database, byte[] Command, byte[]? Sequence, bool WantsReply, bool IsQuery)
{
    public BsonDocument Document => new RawBsonDocument(Command);
}

/// <summary>MongoDB's wire protocol: OP_MSG, and OP_QUERY for the greeting.</summary>
internal static class Wire
{
    private const int OpReply = 1;
    private const int OpQuery = 2004;
    private const int OpMsg = 2013;
    private const int HeaderSize = 16;
    private const int MaxMessageSize = 48_000_000;

    [Flags]
    private enum MessageFlags
    {
        ChecksumPresent = 1,
        MoreToCome = 2,
    }

    /// <summary>The next request; null when the client has hung up.</summary>
    public static async ValueTask<Request?> ReadAsync(Stream stream)
    {
        var header = new byte[HeaderSize];
        if (await stream.ReadAtLeastAsync(header, HeaderSize, throwOnEndOfStream: false) < HeaderSize) return null;

        var length = BinaryPrimitives.ReadInt32LittleEndian(header);
        if (length is < HeaderSize or > MaxMessageSize) throw new InvalidDataException($"A message of {length} bytes.");

        var body = new byte[length - HeaderSize];
        await stream.ReadExactlyAsync(body);

        var id = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(4));
        return BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(12)) switch
        {
            OpMsg => ParseMessage(id, body),
            OpQuery => ParseQuery(id, body),
            var operation => throw new InvalidDataException($"Operation {operation}."),
        };
    }

    public static async ValueTask WriteAsync(Stream stream, Request request, byte[] reply)
    {
        // OP_REPLY has flags, cursor, offset and count before the document; OP_MSG has flags and the section's kind.
        var fields = request.IsQuery ? 20 : 5;
        var message = new byte[HeaderSize + fields + reply.Length];
        BinaryPrimitives.WriteInt32LittleEndian(message, message.Length);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(8), request.Id);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(12), request.IsQuery ? OpReply : OpMsg);
        if (request.IsQuery) BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(32), 1);
        reply.CopyTo(message, HeaderSize + fields);
        await stream.WriteAsync(message);
    }

    private static Request ParseMessage(int id, byte[] body)
    {
        var flags = (MessageFlags)BinaryPrimitives.ReadInt32LittleEndian(body);
        var end = body.Length - (flags.HasFlag(MessageFlags.ChecksumPresent) ? 4 : 0);
        byte[]? command = null, sequence = null;
        for (var at = 4; at < end;)
        {
            var kind = body[at++];
            var size = BinaryPrimitives.ReadInt32LittleEndian(body.AsSpan(at));
            var section = body.AsSpan(at, size);
            switch (kind)
            {
                case 0:
                    command = section.ToArray();
                    break;
                case 1:
                    // The size, the name of the field that the documents belong to, and the documents.
                    sequence = section[(section[4..].IndexOf((byte)0) + 5)..].ToArray();
                    break;
                default:
                    throw new InvalidDataException($"A section of kind {kind}.");
            }

            at += size;
        }

        if (command is null) throw new InvalidDataException("A message without a command.");
        var document = new RawBsonDocument(command);
        return new Request(
            id,
            document.GetElement(0).Name,
            document["$db"].AsString,
            command,
            sequence,
            WantsReply: !flags.HasFlag(MessageFlags.MoreToCome),
            IsQuery: false);
    }

    private static Request ParseQuery(int id, byte[] body)
    {
        var name = body.AsSpan(4);
        var nameLength = name.IndexOf((byte)0);
        var collection = Encoding.UTF8.GetString(name[..nameLength]);
        var command = name[(nameLength + 1 + 8)..].ToArray();
        return new Request(
            id,
            new RawBsonDocument(command).GetElement(0).Name,
            collection.Split('.')[0],
            command,
            Sequence: null,
            WantsReply: true,
            IsQuery: true);
    }
}
