using System.Buffers.Binary;
using System.Security.Cryptography;

namespace WatchPhoto.Watcher.Planning;

/// <summary>
/// New photo ids: UUIDv7 (RFC 9562, 5.7) by the clock. The kernel is asked for the random bits of many at once: for each of a
/// million ids alone, that takes as long as looking at the file.
/// </summary>
internal sealed class PhotoIds(TimeProvider time)
{
    private const int Length = 16;

    private readonly byte[] _random = new byte[256 * Length];
    private int _used = 256 * Length;

    public Guid Next()
    {
        if (_used == _random.Length)
        {
            RandomNumberGenerator.Fill(_random);
            _used = 0;
        }

        var id = _random.AsSpan(_used, Length);
        _used += Length;
        // 48 bits of milliseconds, 4 of the version; of the rest the first two are the variant.
        ulong head = BinaryPrimitives.ReadUInt64BigEndian(id);
        BinaryPrimitives.WriteUInt64BigEndian(id, ((ulong)time.GetUtcNow().ToUnixTimeMilliseconds() << 16) | 0x7000 | (head & 0x0FFF));
        id[8] = (byte)(0x80 | (id[8] & 0x3F));
        return new Guid(id, bigEndian: true);
    }

    /// <summary>The milliseconds that an id begins with.</summary>
    public static DateTimeOffset MintedAt(Guid photoId)
    {
        Span<byte> bytes = stackalloc byte[Length];
        photoId.TryWriteBytes(bytes, bigEndian: true, out _);
        return DateTimeOffset.FromUnixTimeMilliseconds((long)(BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 16));
    }
}
