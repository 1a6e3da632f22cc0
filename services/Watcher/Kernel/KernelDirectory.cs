using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Mono.Unix.Native;
using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Disk;

namespace WatchPhoto.Watcher.Kernel;

/// <summary>The real disk: directories by descriptor, so that a rename on the way changes nothing of what is looked at.</summary>
internal sealed unsafe class KernelDirectory : IDirectory
{
    private const int ListBuffer = 64 * 1024;

    private static volatile bool s_resolvesWithoutLinks = true;

    private readonly SafeFileHandle _handle;
    private readonly int _descriptor;
    private readonly KernelDisk _disk;
    private uint _type;
    private bool _makesUpNumbers;

    private KernelDirectory(int descriptor, KernelDisk disk)
    {
        _descriptor = descriptor;
        _handle = new SafeFileHandle(descriptor, ownsHandle: true);
        _disk = disk;
    }

    public FileFacts Facts { get; private set; }

    public bool TellsEvents => FileSystemType.TellsEvents(_type);

    // An overlay's directory shows that of a lower layer until something is written into it, and then another one.
    public FileIdentity RootIdentity => _makesUpNumbers || _type == FileSystemType.Overlay ? LastingRootIdentity : FileIdentity.OfRoot(Facts);

    public FileIdentity LastingRootIdentity => FileIdentity.OfRoot(Volume.Describe(_descriptor, Facts, _type));

    public void DistrustNumbers()
    {
        _disk.DistrustNumbers(Facts.Device);
        _makesUpNumbers = true;
    }

    /// <param name="path">Absolute; a library may be registered by way of symbolic links.</param>
    public static Errno OpenRoot(ReadOnlySpan<byte> path, KernelDisk disk, out IDirectory? directory)
    {
        int descriptor;
        fixed (byte* name = new CString(path, stackalloc byte[CString.StackSize]))
            descriptor = Libc.openat(Libc.CurrentDirectory, name, Libc.OpenDirectory & ~Libc.OpenNoFollow, 0);
        return Opened(descriptor, disk, from: null, out directory);
    }

    private static Errno Opened(int descriptor, KernelDisk disk, KernelDirectory? from, out IDirectory? directory)
    {
        directory = null;
        if (descriptor < 0)
            return Libc.LastError();

        // By its own dot: that may be asked only by who may enter it, so that a directory with names that cannot be looked at is
        // one that cannot be opened.
        var opened = new KernelDirectory(descriptor, disk);
        var error = Look(descriptor, "."u8, Libc.NoFollow | Libc.NoAutomount, out var facts);
        if (error != 0)
        {
            opened.Dispose();
            return error;
        }

        opened.Facts = facts;
        opened.SeeFileSystem(from);
        directory = opened;
        return 0;
    }

    // A directory that was moved and left a symbolic link in its place would else be found at both.
    public Errno Open(ReadOnlySpan<byte> path, out IDirectory? directory)
    {
        int descriptor;
        if (path.Contains((byte)'/') && s_resolvesWithoutLinks)
        {
            var how = new Libc.OpenHow { Flags = (ulong)Libc.OpenDirectory, Resolve = Libc.NoLinksOnTheWay };
            fixed (byte* whole = new CString(path, stackalloc byte[CString.StackSize]))
                descriptor = (int)Libc.openat2(Libc.OpenAt2, _descriptor, whole, &how, (nuint)sizeof(Libc.OpenHow));
            // Linux before 5.6 has no such call, and some containers forbid it.
            if (descriptor >= 0 || Libc.LastError() is not (Errno.ENOSYS or Errno.EPERM))
                return Opened(descriptor, _disk, this, out directory);
            s_resolvesWithoutLinks = false;
        }

        int end = path.IndexOf((byte)'/');
        fixed (byte* name = new CString(end < 0 ? path : path[..end], stackalloc byte[CString.StackSize]))
            descriptor = Libc.openat(_descriptor, name, Libc.OpenDirectory, 0);
        var error = Opened(descriptor, _disk, this, out directory);
        if (error != 0 || end < 0)
            return error;
        using var next = directory!;
        return next.Open(path[(end + 1)..], out directory);
    }

    public Errno Look(ReadOnlySpan<byte> name, out FileFacts facts)
    {
        var error = Look(_descriptor, name, Libc.NoFollow | Libc.NoAutomount, out facts);
        // A file of a lower layer is copied up when it is renamed or written, and born again; where the layers are on different
        // file systems, its number is another one then.
        if (_type == FileSystemType.Overlay)
            facts = facts with { Birth = null, IsNumberMadeUp = _makesUpNumbers || facts.Device != Facts.Device };
        else if (_makesUpNumbers)
            facts = facts with { IsNumberMadeUp = true };
        return error;
    }

    // Through /proc the kernel watches the very inode that is open here, and no path is too long.
    public Errno AddWatch(out int watch) =>
        _disk.Inotify.AddWatch(Encoding.ASCII.GetBytes($"/proc/self/fd/{_descriptor}"), out watch);

    public Errno List(DirectoryListing listing)
    {
        listing.Clear();
        // From the start, also when it was listed before.
        if (Syscall.lseek(_descriptor, 0, SeekFlags.SEEK_SET) < 0)
            return Libc.LastError();
        byte* buffer = stackalloc byte[ListBuffer];
        while (true)
        {
            nint read = Libc.getdents64(_handle, buffer, ListBuffer);
            if (read < 0)
                return Libc.LastError();
            if (read == 0)
                return 0;
            for (var rest = new ReadOnlySpan<byte>(buffer, (int)read); rest.Length > 0;)
            {
                // struct linux_dirent64: inode 8, offset 8, record length 2, type 1, name.
                int length = BinaryPrimitives.ReadUInt16LittleEndian(rest[16..]);
                var name = rest[19..length];
                name = name[..name.IndexOf((byte)0)];
                if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                {
                    listing.Add(name, rest[18] switch
                    {
                        8 => FileKind.File,
                        4 => FileKind.Directory,
                        0 => FileKind.Unknown,
                        _ => FileKind.Other,
                    });
                }

                rest = rest[length..];
            }
        }
    }

    public void Dispose() => _handle.Dispose();

    // Of the same device it is the same file system, and need not be asked again.
    private void SeeFileSystem(KernelDirectory? from)
    {
        if (from is not null && from.Facts.Device == Facts.Device)
        {
            (_type, _makesUpNumbers) = (from._type, from._makesUpNumbers);
            return;
        }

        Libc.Statfs result;
        _type = Libc.fstatfs(_descriptor, &result) == 0 ? (uint)result.Type : 0;
        _makesUpNumbers = FileSystemType.MakesUpNumbers(_type, () => MountInfo.Of(_descriptor)) || _disk.DistrustsNumbers(Facts.Device);
    }

    private static Errno Look(int directory, ReadOnlySpan<byte> name, int flags, out FileFacts facts)
    {
        Libc.Statx stat;
        fixed (byte* path = new CString(name, stackalloc byte[CString.StackSize]))
        {
            if (Libc.statx(directory, path, flags, Libc.BasicStats | Libc.BirthTime, &stat) != 0)
            {
                facts = default;
                return Libc.LastError();
            }
        }

        facts = new FileFacts
        {
            Kind = (stat.Mode & 0xF000) switch
            {
                0x8000 => FileKind.File,
                0x4000 => FileKind.Directory,
                _ => FileKind.Other,
            },
            Device = ((ulong)stat.DeviceMajor << 32) | stat.DeviceMinor,
            Inode = stat.Inode,
            Size = (long)stat.Size,
            Modified = Time(stat.Modified),
            Birth = (stat.Mask & Libc.BirthTime) != 0 ? Time(stat.Born) : null,
            Links = stat.Links,
            IsMountRoot = (stat.Attributes & Libc.MountRoot) != 0,
        };
        return 0;
    }

    private static FileTime Time(Libc.StatxTimestamp time) => new(time.Seconds, (int)time.Nanoseconds);
}

internal sealed class KernelDisk(Inotify inotify) : IDisk
{
    // Devices whose files were seen to change their numbers.
    private readonly ConcurrentDictionary<ulong, bool> _distrusted = new();

    public Inotify Inotify => inotify;

    public Errno OpenRoot(ReadOnlySpan<byte> path, out IDirectory? directory) =>
        KernelDirectory.OpenRoot(path, this, out directory);

    public void RemoveWatch(int watch) => inotify.RemoveWatch(watch);

    public void DistrustNumbers(ulong device) => _distrusted[device] = true;

    public bool DistrustsNumbers(ulong device) => !_distrusted.IsEmpty && _distrusted.ContainsKey(device);
}
