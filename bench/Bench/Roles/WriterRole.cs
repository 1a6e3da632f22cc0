using System.Diagnostics;
using System.Globalization;
using Mono.Unix;
using Mono.Unix.Native;

namespace WatchPhoto.Bench.Roles;

/// <summary>
/// Writes photos into directories that are there: as fast as it can, or so many a second. Says when it began and when it
/// ended; with a rate also the path and the time of each, taken before it is closed.
/// </summary>
internal static class WriterRole
{
    public const string Name = "writer";
    public const int FilesADirectory = 1000;
    private const FilePermissions Mode = FilePermissions.S_IRUSR | FilePermissions.S_IWUSR | FilePermissions.S_IRGRP;

    /// <param name="rate">Files a second; 0: as fast as it can.</param>
    public static string[] Command(string directory, string prefix, int files, int rate = 0) => Measuring.Workshop.Role(Name, directory, prefix,
        files.ToString(CultureInfo.InvariantCulture), rate.ToString(CultureInfo.InvariantCulture));

    /// <summary>The directories it writes so many files into.</summary>
    public static void MakeDirectories(string directory, int files)
    {
        for (int i = 0; i * FilesADirectory < files; i++)
            Directory.CreateDirectory(DirectoryOf(directory, i * FilesADirectory));
    }

    public static unsafe void Play(string[] arguments)
    {
        string directory = arguments[0], prefix = arguments[1];
        int files = int.Parse(arguments[2], CultureInfo.InvariantCulture), rate = int.Parse(arguments[3], CultureInfo.InvariantCulture);
        byte[] content = new byte[1024];
        // What is made ready first does not count as writing.
        string[] paths = [.. Enumerable.Range(0, files).Select(i => $"{DirectoryOf(directory, i)}/{prefix}{i:000000}.jpg")];
        long[] closed = new long[files];

        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < files; i++)
        {
            if (rate > 0)
                WaitUntil(start + Stopwatch.Frequency * i / rate);
            int descriptor = Syscall.open(paths[i], OpenFlags.O_WRONLY | OpenFlags.O_CREAT, Mode);
            UnixMarshal.ThrowExceptionForLastErrorIf(descriptor);
            fixed (byte* bytes = content)
                UnixMarshal.ThrowExceptionForLastErrorIf((int)Syscall.write(descriptor, bytes, (ulong)content.Length));
            closed[i] = Stopwatch.GetTimestamp();
            UnixMarshal.ThrowExceptionForLastErrorIf(Syscall.close(descriptor));
        }

        long end = Stopwatch.GetTimestamp();
        if (rate > 0)
        {
            for (int i = 0; i < files; i++)
                Console.Out.WriteLine($"closed {closed[i]} {paths[i]}");
        }

        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"written {start} {end}"));
    }

    private static string DirectoryOf(string directory, int file) => $"{directory}/{file / FilesADirectory:0000}";

    private static void WaitUntil(long timestamp)
    {
        while (Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), timestamp) is var left && left > TimeSpan.Zero)
            Thread.Sleep(left > TimeSpan.FromMilliseconds(2) ? left - TimeSpan.FromMilliseconds(1) : TimeSpan.FromMilliseconds(1));
    }
}
