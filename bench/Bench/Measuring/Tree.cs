using System.Globalization;
using Mono.Unix;
using Mono.Unix.Native;

namespace WatchPhoto.Bench.Measuring;

/// <summary>A library of photos, the same each time it is made: years, months, albums. Files have sizes but no content.</summary>
internal sealed class Tree(string root, int files, int directories)
{
    private const FilePermissions Mode = FilePermissions.S_IRUSR | FilePermissions.S_IWUSR | FilePermissions.S_IRGRP;

    public string Root => root;

    public int Files => files;

    public int Directories => directories;

    public string Album(int index) => string.Create(CultureInfo.InvariantCulture,
        $"{root}/{2000 + index % 25}/{1 + index / 25 % 12:00}/album {index:000000}");

    /// <summary>The path of a file of the tree as it was made.</summary>
    public string File(int index) => string.Create(CultureInfo.InvariantCulture,
        $"{Album(index % directories)}/IMG_{index / directories:00000}.jpg");

    public void Make()
    {
        Parallel.For(0, directories, directory =>
        {
            Directory.CreateDirectory(Album(directory));
            for (int file = directory; file < files; file += directories)
                Create(File(file), 1_000_000 + file % 4_000_000);
        });
    }

    public static void Create(string path, long size)
    {
        int descriptor = Syscall.open(path, OpenFlags.O_WRONLY | OpenFlags.O_CREAT, Mode);
        UnixMarshal.ThrowExceptionForLastErrorIf(descriptor);
        UnixMarshal.ThrowExceptionForLastErrorIf(Syscall.ftruncate(descriptor, size));
        UnixMarshal.ThrowExceptionForLastErrorIf(Syscall.close(descriptor));
    }
}
