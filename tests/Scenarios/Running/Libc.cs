using System.Runtime.InteropServices;
using System.Text;

namespace WatchPhoto.Scenarios.Tests.Running;

/// <summary>System calls on paths that are bytes. Each says whether the system has done it.</summary>
internal static unsafe partial class Libc
{
    private const int CurrentDirectory = -100;
    private const int WriteOnly = 0x1, ReadWrite = 0x2, Create = 0x40, Empty = 0x200, Append = 0x400, CloseOnExec = 0x80000;
    // O_TMPFILE, which has O_DIRECTORY in it, as x64 has them.
    private const int Unnamed = 0x400000 | 0x10000;

    public static bool MakeDirectory(byte[] path) => mkdir(Z(path), 0x1ff) == 0;

    public static bool Rename(byte[] from, byte[] to) => rename(Z(from), Z(to)) == 0;

    public static bool Exchange(byte[] one, byte[] other) => renameat2(CurrentDirectory, Z(one), CurrentDirectory, Z(other), 2) == 0;

    public static bool Link(byte[] file, byte[] name) => link(Z(file), Z(name)) == 0;

    public static bool Symlink(byte[] target, byte[] name) => symlink(Z(target), Z(name)) == 0;

    public static bool Unlink(byte[] path) => unlink(Z(path)) == 0;

    public static bool RemoveDirectory(byte[] path) => rmdir(Z(path)) == 0;

    /// <summary>Both times become the present.</summary>
    public static bool Touch(byte[] path) => utimensat(CurrentDirectory, Z(path), null, 0) == 0;

    public static bool Write(byte[] path, long bytes, bool creates, bool truncates)
    {
        int file = Open(path, creates, truncates);
        if (file < 0)
            return false;
        Write(file, bytes);
        Close(file);
        return true;
    }

    /// <summary>A file that nobody ever opens.</summary>
    public static bool MakeFile(byte[] path) => mknod(Z(path), 0x81a4, 0) == 0; // S_IFREG, rw-r--r--

    /// <summary>Cuts or lengthens a file that nobody opens for it.</summary>
    public static bool Truncate(byte[] path, long size) => truncate(Z(path), size) == 0;

    /// <summary>A file that is written before it has a name; not on every file system.</summary>
    public static bool WriteUnnamed(byte[] directory, byte[] path, long bytes)
    {
        int file = open(Z(directory), WriteOnly | CloseOnExec | Unnamed, 0x1a4);
        if (file < 0)
            return false;
        Write(file, bytes);
        bool done = linkat(CurrentDirectory, Z(Bytes($"/proc/self/fd/{file}")), CurrentDirectory, Z(path), 0x400) == 0; // AT_SYMLINK_FOLLOW
        Close(file);
        return done;
    }

    /// <returns>A descriptor, or -1.</returns>
    public static int Open(byte[] path, bool creates, bool truncates) =>
        open(Z(path), WriteOnly | CloseOnExec | (creates ? Create : 0) | (truncates ? Empty : Append), 0x1a4);

    public static void Write(int file, long bytes)
    {
        var content = new byte[bytes];
        fixed (byte* start = content)
            _ = write(file, start, (nuint)bytes);
    }

    public static void Close(int file) => _ = close(file);

    /// <summary>Changes the first byte of a file through a mapping that stays: its end would be told of as a close.</summary>
    public static void MapAndWrite(byte[] path)
    {
        int file = open(Z(path), ReadWrite | CloseOnExec, 0);
        Assert.True(file >= 0);
        byte* mapped = mmap(null, 4096, 0x3, 0x1, file, 0); // PROT_READ | PROT_WRITE, MAP_SHARED
        // The file is closed before it is written: no event tells of what comes now.
        Close(file);
        Assert.True((nint)mapped != -1);
        mapped[0]++;
        Assert.Equal(0, msync(mapped, 4096, 4)); // MS_SYNC: the modification time, too
    }

    private static byte[] Z(byte[] path) => [.. path, 0];

    public static byte[] Bytes(string latin1) => Encoding.Latin1.GetBytes(latin1);

    [LibraryImport("libc")]
    private static partial int mkdir(byte[] path, uint mode);

    [LibraryImport("libc")]
    private static partial int rename(byte[] from, byte[] to);

    [LibraryImport("libc")]
    private static partial int renameat2(int from, byte[] one, int to, byte[] other, uint flags);

    [LibraryImport("libc")]
    private static partial int link(byte[] file, byte[] name);

    [LibraryImport("libc")]
    private static partial int linkat(int from, byte[] file, int to, byte[] name, int flags);

    [LibraryImport("libc")]
    private static partial int mknod(byte[] path, uint mode, ulong device);

    [LibraryImport("libc")]
    private static partial int truncate(byte[] path, long size);

    [LibraryImport("libc")]
    private static partial int symlink(byte[] target, byte[] name);

    [LibraryImport("libc")]
    private static partial int unlink(byte[] path);

    [LibraryImport("libc")]
    private static partial int rmdir(byte[] path);

    [LibraryImport("libc")]
    private static partial int utimensat(int directory, byte[] path, void* times, int flags);

    [LibraryImport("libc")]
    private static partial int open(byte[] path, int flags, uint mode);

    [LibraryImport("libc")]
    private static partial nint write(int file, byte* start, nuint length);

    [LibraryImport("libc")]
    private static partial int close(int file);

    [LibraryImport("libc")]
    private static partial byte* mmap(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc")]
    private static partial int msync(void* address, nuint length, int flags);
}
