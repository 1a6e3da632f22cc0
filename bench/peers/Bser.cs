using System.Buffers.Binary;
using System.Text;

namespace WatchPhoto.Peers;

/// <summary>
/// Watchman's binary form of JSON, in which names stay bytes: its JSON cannot say one that is not UTF-8, and the server then
/// answers nothing at all. Strings are byte arrays here.
/// </summary>
internal static class Bser
{
    private static readonly byte[] Start = [0, 1];

    /// <summary>A message of strings, arrays and dictionaries.</summary>
    public static byte[] Message(object value)
    {
        using var body = new MemoryStream();
        Write(body, value);
        using var message = new MemoryStream();
        message.Write(Start);
        Write(message, body.Length);
        body.WriteTo(message);
        return message.ToArray();
    }

    public static async Task<Dictionary<string, object?>> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        var head = new byte[3];
        await stream.ReadExactlyAsync(head, cancellation);
        var size = new byte[1 << (head[2] - 3)];
        await stream.ReadExactlyAsync(size, cancellation);
        var body = new byte[Integer(size)];
        await stream.ReadExactlyAsync(body, cancellation);
        int at = 0;
        return (Dictionary<string, object?>)Read(body, ref at)!;
    }

    private static void Write(MemoryStream to, object value)
    {
        switch (value)
        {
            case string text:
                to.WriteByte(2);
                Write(to, (long)Encoding.UTF8.GetByteCount(text));
                to.Write(Encoding.UTF8.GetBytes(text));
                break;
            case long number:
                to.WriteByte(6);
                var bytes = new byte[8];
                BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
                to.Write(bytes);
                break;
            case Dictionary<string, object> dictionary:
                to.WriteByte(1);
                Write(to, (long)dictionary.Count);
                foreach (var (name, each) in dictionary)
                {
                    Write(to, name);
                    Write(to, each);
                }

                break;
            case object[] array:
                to.WriteByte(0);
                Write(to, (long)array.Length);
                foreach (var each in array)
                    Write(to, each);
                break;
            default:
                throw new ArgumentException(value.GetType().Name);
        }
    }

    private static object? Read(byte[] from, ref int at)
    {
        byte kind = from[at++];
        switch (kind)
        {
            case 0:
                var array = new object?[Count(from, ref at)];
                for (int i = 0; i < array.Length; i++)
                    array[i] = Read(from, ref at);
                return array;
            case 1:
                var dictionary = new Dictionary<string, object?>();
                for (long left = Count(from, ref at); left > 0; left--)
                {
                    var name = Encoding.UTF8.GetString((byte[])Read(from, ref at)!);
                    dictionary[name] = Read(from, ref at);
                }

                return dictionary;
            case 2:
                int length = (int)Count(from, ref at);
                at += length;
                return from[(at - length)..at];
            case 3 or 4 or 5 or 6:
                int size = 1 << (kind - 3);
                at += size;
                return Integer(from.AsSpan(at - size, size));
            case 7:
                at += 8;
                return BinaryPrimitives.ReadDoubleLittleEndian(from.AsSpan(at - 8));
            case 8 or 9:
                return kind == 8;
            case 10:
                return null;
            case 11:
                // The names once, then the values of each.
                var names = ((object?[])Read(from, ref at)!).Select(name => Encoding.UTF8.GetString((byte[])name!)).ToArray();
                var rows = new object?[Count(from, ref at)];
                for (int i = 0; i < rows.Length; i++)
                {
                    var row = new Dictionary<string, object?>();
                    foreach (var name in names)
                    {
                        if (from[at] == 12)
                            at++;
                        else
                            row[name] = Read(from, ref at);
                    }

                    rows[i] = row;
                }

                return rows;
            default:
                throw new FormatException($"There is no BSER kind {kind}.");
        }
    }

    private static long Count(byte[] from, ref int at) => (long)Read(from, ref at)!;

    private static long Integer(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        1 => (sbyte)bytes[0],
        2 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        4 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        _ => BinaryPrimitives.ReadInt64LittleEndian(bytes),
    };
}
