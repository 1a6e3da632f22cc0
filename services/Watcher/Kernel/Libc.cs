using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Mono.Unix.Native;

namespace WatchPhoto.Watcher.Kernel;

/// <summary>System calls that Mono.Unix lacks. Names are bytes and end in NUL (see <see cref="CString"/>).</summary>
internal static unsafe partial class Libc
{
    public const int CurrentDirectory = -100; // AT_FDCWD
    public const int EmptyPath = 0x1000; // AT_EMPTY_PATH
    public const int NoFollow = 0x100; // AT_SYMLINK_NOFOLLOW
    public const int NoAutomount = 0x800; // AT_NO_AUTOMOUNT

    public const uint BasicStats = 0x7ff; // STATX_BASIC_STATS
    public const uint BirthTime = 0x800; // STATX_BTIME
    public const ulong MountRoot = 0x2000; // STATX_ATTR_MOUNT_ROOT

    public static int OpenDirectory => 0x80000 | OpenDirectoryFlag | OpenNoFollow; // O_RDONLY | O_CLOEXEC | ...
    private static readonly bool Arm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;

    // The only two flags whose values differ between the processors .NET runs on (fcntl.h of the kernel).
    private static int OpenDirectoryFlag => Arm ? 0x4000 : 0x10000;
    public static int OpenNoFollow => Arm ? 0x8000 : 0x20000;

    public const nint OpenAt2 = 437; // the number of openat2 on every processor; libc has no function for it
    public const ulong NoLinksOnTheWay = 0x04; // RESOLVE_NO_SYMLINKS

    public static Errno LastError() => NativeConvert.ToErrno(Marshal.GetLastPInvokeError());

    [LibraryImport("libc", SetLastError = true)]
    public static partial int openat(int directory, byte* path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial nint openat2(nint number, int directory, byte* path, OpenHow* how, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int statx(int directory, byte* path, int flags, uint mask, Statx* result);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint getdents64(SafeFileHandle directory, byte* buffer, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fstatfs(int file, Statfs* result);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int ioctl(int file, nuint request, void* argument);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int inotify_init1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int inotify_add_watch(SafeFileHandle inotify, byte* path, uint mask);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int inotify_rm_watch(SafeFileHandle inotify, int watch);

    [LibraryImport("libc")]
    private static partial int malloc_trim(nuint keep);

    /// <summary>Gives what the allocator holds and nobody uses back to the system, where the libc can (glibc; others do it themselves).</summary>
    public static void TrimMemory()
    {
        if (NativeLibrary.TryLoad("libc.so.6", out nint libc) && NativeLibrary.TryGetExport(libc, nameof(malloc_trim), out _))
            _ = malloc_trim(0);
    }

    /// <summary><c>struct open_how</c> of linux/openat2.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    /// <summary><c>struct statfs</c>: of its fields only the first is used; it is at most 120 bytes long.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 256)]
    public struct Statfs
    {
        public nint Type;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct StatxTimestamp
    {
        public long Seconds;
        public uint Nanoseconds;
        public int Reserved;
    }

    /// <summary><c>struct statx</c> of linux/stat.h, 256 bytes, the same on every processor.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 256)]
    public struct Statx
    {
        public uint Mask;
        public uint BlockSize;
        public ulong Attributes;
        public uint Links;
        public uint Uid;
        public uint Gid;
        public ushort Mode;
        public ushort Spare;
        public ulong Inode;
        public ulong Size;
        public ulong Blocks;
        public ulong AttributesMask;
        public StatxTimestamp Accessed;
        public StatxTimestamp Born;
        public StatxTimestamp Changed;
        public StatxTimestamp Modified;
        public uint SpecialMajor;
        public uint SpecialMinor;
        public uint DeviceMajor;
        public uint DeviceMinor;
    }
}
