using System.Globalization;
using WatchPhoto.Testing;

namespace WatchPhoto.EndToEnd.Tests.Harness;

/// <summary>The watcher of a host.</summary>
internal sealed class WatcherProcess(string host, string directory, IReadOnlyDictionary<string, string> environment) : ServiceProcess(
    "Watcher", $"watcher of {host}", directory, new Dictionary<string, string>(environment)
    {
        ["Watcher__Host"] = host,
        ["Watcher__StateDirectory"] = Path.Combine(directory, "state"),
        // So that tests wait less for what reports and proofs tell.
        ["Watcher__ReportInterval"] = "00:00:01",
        ["Watcher__ProofInterval"] = "00:00:02",
    })
{
    public string Host => host;

    public string StateDirectory { get; } = Path.Combine(directory, "state");

    /// <summary>The inodes of the directories that the kernel watches for it.</summary>
    public HashSet<ulong> WatchedInodes()
    {
        var inodes = new HashSet<ulong>();
        foreach (var descriptor in Directory.EnumerateFiles($"/proc/{Id}/fdinfo"))
        {
            foreach (var line in ReadLines(descriptor).Where(line => line.StartsWith("inotify ", StringComparison.Ordinal)))
            {
                var inode = line.Split(' ').Single(field => field.StartsWith("ino:", StringComparison.Ordinal));
                inodes.Add(ulong.Parse(inode["ino:".Length..], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            }
        }

        return inodes;
    }

    private static string[] ReadLines(string descriptor)
    {
        try
        {
            return File.ReadAllLines(descriptor);
        }
        catch (IOException)
        {
            return []; // closed just now
        }
    }
}
