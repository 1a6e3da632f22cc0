using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace WatchPhoto.Bench.Roles;

/// <summary>
/// .NET's own FileSystemWatcher on a directory and all below. Asked by a line, it says how many files it was told of, how
/// often it said that it had lost something, and when the last word came.
/// </summary>
internal static class FileSystemWatcherRole
{
    public const string Name = "file-system-watcher";

    public static string[] Command(string directory) => Measuring.Workshop.Role(Name, directory);

    public static void Play(string[] arguments)
    {
        var told = new ConcurrentDictionary<string, bool>();
        long last = 0;
        int errors = 0;
        using var watcher = new FileSystemWatcher(arguments[0])
        {
            IncludeSubdirectories = true,
            NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite,
        };
        watcher.Created += (_, created) => Told(created.FullPath);
        watcher.Changed += (_, changed) => Told(changed.FullPath);
        watcher.Error += (_, _) => Interlocked.Increment(ref errors);
        watcher.EnableRaisingEvents = true;
        Console.WriteLine("ready");
        while (Console.ReadLine() is not null)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"told {told.Count} {Volatile.Read(ref errors)} {Volatile.Read(ref last)}"));
        }

        void Told(string path)
        {
            if (path.EndsWith(".jpg", StringComparison.Ordinal) && told.TryAdd(path, true))
                Volatile.Write(ref last, Stopwatch.GetTimestamp());
        }
    }
}
