using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace WatchPhoto.Contracts;

/// <summary>
/// The digest of a living register: 32 bits over path, version, photo id, file and photo. A library's digest is the sum
/// over its living registers, so it does not depend on their order and is kept incrementally.
/// </summary>
public static class RegisterDigest
{
    /// <param name="path">As it travels (<see cref="PhotoPath"/>).</param>
    public static uint Compute(string path, long version, Guid photoId, PhotoFile file, PhotoDescription? photo)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(file);

        uint crc = uint.MaxValue;
        crc = BitOperations.Crc32C(crc, (ulong)version);
        Span<byte> id = stackalloc byte[16];
        photoId.TryWriteBytes(id, bigEndian: true, out _);
        crc = Append(crc, id);
        crc = BitOperations.Crc32C(crc, (ulong)file.Size);
        crc = Append(crc, file.ModifiedAt);
        crc = BitOperations.Crc32C(crc, file.Inode);
        crc = file.BirthTime is { } birth ? Append(BitOperations.Crc32C(crc, (byte)1), birth) : BitOperations.Crc32C(crc, (byte)0);
        crc = Append(crc, path);
        if (photo is not null)
        {
            crc = BitOperations.Crc32C(crc, (ulong)(uint)(photo.Width ?? -1));
            crc = BitOperations.Crc32C(crc, (ulong)(uint)(photo.Height ?? -1));
            crc = Append(crc, photo.TakenAt);
            crc = Append(crc, photo.CameraMake);
            crc = Append(crc, photo.CameraModel);
        }

        return Scatter(crc);
    }

    private static uint Append(uint crc, FileTime time) =>
        BitOperations.Crc32C(BitOperations.Crc32C(crc, (ulong)time.Seconds), (uint)time.Nanoseconds);

    private static uint Append(uint crc, string? text)
    {
        if (text is null)
            return BitOperations.Crc32C(crc, uint.MaxValue);
        int length = Encoding.UTF8.GetByteCount(text);
        crc = BitOperations.Crc32C(crc, (uint)length);
        Span<byte> bytes = length <= 1024 ? stackalloc byte[length] : new byte[length];
        Encoding.UTF8.GetBytes(text, bytes);
        return Append(crc, bytes);
    }

    private static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (byte b in bytes)
            crc = BitOperations.Crc32C(crc, b);
        return crc;
    }

    // A CRC is linear: two registers that swap their photo ids could leave the sum as it was. A bijection that is
    // not linear (the finalizer of MurmurHash3) makes that as unlikely as any other coincidence.
    private static uint Scatter(uint hash)
    {
        hash = (hash ^ (hash >> 16)) * 0x85EBCA6B;
        hash = (hash ^ (hash >> 13)) * 0xC2B2AE35;
        return hash ^ (hash >> 16);
    }
}
