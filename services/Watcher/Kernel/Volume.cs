using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Mono.Unix.Native;
using WatchPhoto.Watcher.Disk;

namespace WatchPhoto.Watcher.Kernel;

/// <summary>
/// Which file system a directory is on, and where in it, by what outlasts a mount: the id in the file system itself; of a network
/// or user-space one its type and source; of an overlay its layers.
/// </summary>
internal static unsafe class Volume
{
    private const nuint FatVolumeId = 0x80047213; // FAT_IOCTL_GET_VOLUME_ID: _IOR('r', 0x13, __u32)
    private const nuint FileSystemUuid = 0x80111500; // FS_IOC_GETFSUUID: _IOR(0x15, 0, struct fsuuid2), Linux 6.9

    /// <summary>Bytes that are the same whenever and wherever it is mounted, for this directory alone.</summary>
    public static byte[] Describe(int descriptor, in FileFacts directory, uint type)
    {
        var mount = MountInfo.Of(descriptor);
        uint major = (uint)(directory.Device >> 32), minor = (uint)directory.Device;
        var id = Asked(descriptor, type) ?? (major == 0 ? null : Recorded(major, minor) ?? Read(mount?.Source ?? ""));
        var what = id is not null ? $"id {id}"
            : type == FileSystemType.Overlay && mount is not null ? $"overlay {Layers(mount)}"
            : major == 0 && mount is not null ? $"{mount.Type} {mount.Source}"
            // A disk that does not say which it is: known until it is unmounted.
            : $"mount {BootId()} {mount?.Id} {major}:{minor}";
        return [.. Encoding.UTF8.GetBytes(what), 0, .. PathInside(descriptor, mount)];
    }

    /// <summary>The serial number, or the like, in the first sector of FAT, exFAT or NTFS, as udev writes it; null: it is none of these.</summary>
    public static string? IdInSector(ReadOnlySpan<byte> sector)
    {
        if (sector.Length < 512 || sector[510] != 0x55 || sector[511] != 0xAA)
            return null;
        if (sector[3..].StartsWith("EXFAT   "u8))
            return Serial(BinaryPrimitives.ReadUInt32LittleEndian(sector[100..]));
        if (sector[3..].StartsWith("NTFS    "u8))
            return BinaryPrimitives.ReadUInt64LittleEndian(sector[72..]).ToString("X16", CultureInfo.InvariantCulture);
        return sector[82..].StartsWith("FAT32   "u8) ? Serial(BinaryPrimitives.ReadUInt32LittleEndian(sector[67..]))
            : sector[54..].StartsWith("FAT"u8) ? Serial(BinaryPrimitives.ReadUInt32LittleEndian(sector[39..]))
            : null;
    }

    private static string Serial(uint number) => string.Create(CultureInfo.InvariantCulture, $"{number >> 16:X4}-{number & 0xFFFF:X4}");

    // The file system itself.
    private static string? Asked(int descriptor, uint type)
    {
        uint serial;
        if (type == FileSystemType.Fat && Libc.ioctl(descriptor, FatVolumeId, &serial) == 0)
            return Serial(serial);
        // A length and 16 bytes.
        var uuid = stackalloc byte[17];
        return Libc.ioctl(descriptor, FileSystemUuid, uuid) == 0 && uuid[0] == 16
            ? new Guid(new ReadOnlySpan<byte>(uuid + 1, 16), bigEndian: true).ToString()
            : null;
    }

    // udev has read it when the disk was plugged in.
    private static string? Recorded(uint major, uint minor)
    {
        const string uuid = "E:ID_FS_UUID=";
        try
        {
            return File.ReadLines($"/run/udev/data/b{major}:{minor}").FirstOrDefault(line => line.StartsWith(uuid, StringComparison.Ordinal))?[uuid.Length..];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? Read(string device)
    {
        try
        {
            using var file = File.OpenHandle(device);
            var sector = new byte[512];
            return RandomAccess.Read(file, sector, 0) == sector.Length ? IdInSector(sector) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    private static string Layers(MountInfo mount) => string.Join(',', mount.Options.Split(',').Where(option =>
        option.StartsWith("lowerdir", StringComparison.Ordinal) || option.StartsWith("upperdir", StringComparison.Ordinal)));

    private static string BootId()
    {
        try
        {
            return File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    // What is mounted may be a directory of the file system; and the directory is one below where that is seen.
    private static byte[] PathInside(int descriptor, MountInfo? mount)
    {
        var buffer = new byte[4096];
        long length = Syscall.readlink($"/proc/self/fd/{descriptor}", buffer);
        var path = buffer.AsSpan(0, (int)Math.Max(0, length));
        if (mount is null || !path.StartsWith(mount.Point))
            return path.ToArray();
        var below = path[mount.Point.Length..].TrimStart((byte)'/');
        return [.. mount.Root.AsSpan().TrimEnd((byte)'/'), (byte)'/', .. below];
    }
}
