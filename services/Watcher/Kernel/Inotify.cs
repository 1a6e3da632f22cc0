using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Mono.Unix;
using Mono.Unix.Native;
using WatchPhoto.Hosting;

namespace WatchPhoto.Watcher.Kernel;

/// <summary>What a watch tells of, and what an event says (linux/inotify.h).</summary>
[Flags]
internal enum WatchMask : uint
{
    None = 0,
    Modify = 0x2,
    Attributes = 0x4,
    CloseWrite = 0x8,
    MovedFrom = 0x40,
    MovedTo = 0x80,
    Create = 0x100,
    Delete = 0x200,
    DeleteSelf = 0x400,
    MoveSelf = 0x800,
    Unmount = 0x2000,
    Overflow = 0x4000,
    Ignored = 0x8000,
    OnlyDirectory = 0x1000000,
    IsDirectory = 0x40000000,
}

/// <summary>What ended the waiting for events.</summary>
internal enum WaitedFor
{
    Events,

    /// <summary>The time was over.</summary>
    Nothing,

    /// <summary>The other end of the pipe was closed.</summary>
    Stop,
}

/// <summary>An inotify instance. Watches may be added and removed from any thread; one thread reads.</summary>
internal sealed unsafe class Inotify : IDisposable
{
    private const WatchMask Watched =
        WatchMask.Modify | WatchMask.Attributes | WatchMask.CloseWrite | WatchMask.MovedFrom | WatchMask.MovedTo | WatchMask.Create
        | WatchMask.Delete | WatchMask.DeleteSelf | WatchMask.MoveSelf | WatchMask.OnlyDirectory;

    private readonly SafeFileHandle _handle;

    /// <exception cref="WatcherException">The kernel gives no instance; the message names the remedy.</exception>
    public Inotify()
    {
        int descriptor = Libc.inotify_init1(0x80000 | 0x800); // IN_CLOEXEC | IN_NONBLOCK
        if (descriptor < 0)
        {
            throw Libc.LastError() is Errno.EMFILE
                ? new WatcherException(
                    "No inotify instance is left for this user: raise the sysctl fs.inotify.max_user_instances "
                    + $"(now {File.ReadAllText("/proc/sys/fs/inotify/max_user_instances").Trim()}).")
                : new UnixIOException(Libc.LastError());
        }

        Descriptor = descriptor;
        _handle = new SafeFileHandle(descriptor, ownsHandle: true);
    }

    public int Descriptor { get; }

    public Errno AddWatch(ReadOnlySpan<byte> path, out int watch)
    {
        fixed (byte* name = new CString(path, stackalloc byte[CString.StackSize]))
            watch = Libc.inotify_add_watch(_handle, name, (uint)Watched);
        return watch >= 0 ? 0 : Libc.LastError();
    }

    // EINVAL: the kernel has given it back already, with the directory.
    public void RemoveWatch(int watch) => _ = Libc.inotify_rm_watch(_handle, watch);

    /// <summary>Waits until there are events to read.</summary>
    /// <param name="stop">A pipe whose other end is closed to end the waiting; it stays open itself until then.</param>
    /// <param name="atMost">How long; null: for ever.</param>
    public WaitedFor WaitForEvents(SafePipeHandle stop, TimeSpan? atMost)
    {
        var descriptors = new Pollfd[]
        {
            new() { fd = Descriptor, events = PollEvents.POLLIN },
            new() { fd = (int)stop.DangerousGetHandle(), events = PollEvents.POLLIN },
        };
        int ready;
        while ((ready = Syscall.poll(descriptors, atMost is { } most ? (int)Math.Ceiling(most.TotalMilliseconds) : -1)) < 0)
        {
            if (Stdlib.GetLastError() != Errno.EINTR)
                throw new UnixIOException(Stdlib.GetLastError());
        }

        return descriptors[1].revents != 0 ? WaitedFor.Stop : ready > 0 ? WaitedFor.Events : WaitedFor.Nothing;
    }

    /// <returns>Bytes read, whole events; 0: none are waiting.</returns>
    public int Read(Span<byte> buffer)
    {
        while (true)
        {
            long read;
            fixed (byte* start = buffer)
                read = Syscall.read(Descriptor, start, (ulong)buffer.Length);
            if (read >= 0)
                return (int)read;
            switch (Stdlib.GetLastError())
            {
                case Errno.EAGAIN:
                    return 0;
                case Errno.EINTR:
                    continue;
                case var error:
                    throw new UnixIOException(error);
            }
        }
    }

    public void Dispose() => _handle.Dispose();
}

/// <summary>The watcher cannot start, and its operator can do something about it.</summary>
public sealed class WatcherException(string message) : Exception(message), IOperatorError;

/// <summary>The events in what <see cref="Inotify.Read"/> has read.</summary>
internal ref struct InotifyEvents(ReadOnlySpan<byte> bytes)
{
    /// <summary>The most bytes that one event takes: its head, and a name of 255 bytes with its end.</summary>
    public const int MostBytes = 16 + 256;

    private ReadOnlySpan<byte> _rest = bytes;

    public int Watch { get; private set; }

    public WatchMask Mask { get; private set; }

    public uint Cookie { get; private set; }

    /// <summary>Empty where the event is about the watched directory itself.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    public bool MoveNext()
    {
        if (_rest.Length == 0)
            return false;

        // struct inotify_event: watch 4, mask 4, cookie 4, name length 4, name padded with NULs.
        Watch = BinaryPrimitives.ReadInt32LittleEndian(_rest);
        Mask = (WatchMask)BinaryPrimitives.ReadUInt32LittleEndian(_rest[4..]);
        Cookie = BinaryPrimitives.ReadUInt32LittleEndian(_rest[8..]);
        int length = BinaryPrimitives.ReadInt32LittleEndian(_rest[12..]);
        var name = _rest.Slice(16, length);
        int end = name.IndexOf((byte)0);
        Name = end < 0 ? name : name[..end];
        _rest = _rest[(16 + length)..];
        return true;
    }
}
