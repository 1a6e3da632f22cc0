using System.Globalization;
using System.Text;
using WatchPhoto.Contracts;
using WatchPhoto.Testing;

namespace WatchPhoto.Scenarios.Tests.Running;

/// <summary>The oracle: what find says of a directory, and what the kernel says of a process's watches.</summary>
internal static class Tree
{
    // What is left out by default, as far as the tests have names for it.
    private static readonly string[] LeftOut =
        ["(", "-name", ".*", "-o", "-name", "@eaDir", "-o", "-name", "*.tmp", "-o", "-name", "*.part", ")", "-prune", "-o"];

    /// <summary>The files by the path they have in the catalog.</summary>
    /// <param name="pruned">Directories that are left out with all in them, by their path below the root.</param>
    public static Dictionary<string, FileSays> Files(string root, IReadOnlyList<string>? pruned = null)
    {
        var files = new Dictionary<string, FileSays>(StringComparer.Ordinal);
        foreach (var line in Find.Run(
            [root, "-mindepth", "1", .. LeftOut, .. Pruned(root, pruned), "-type", "f", "-printf", "%s %T@ %P\\0"]))
        {
            var parts = Encoding.Latin1.GetString(line).Split(' ', 3);
            files.Add(
                PhotoPath.Encode(Encoding.Latin1.GetBytes(parts[2])),
                new FileSays(long.Parse(parts[0], CultureInfo.InvariantCulture), Find.Iso8601(parts[1])));
        }

        return files;
    }

    /// <summary>The root and the directories below, as (device, inode).</summary>
    public static HashSet<(ulong, ulong)> Directories(string root, IReadOnlyList<string>? pruned = null) =>
        Identities(
            [.. Find.Run([root, "-mindepth", "1", .. LeftOut, .. Pruned(root, pruned), "-type", "d", "-printf", "%D %i\\0"]),
             .. Find.Run([root, "-maxdepth", "0", "-printf", "%D %i\\0"])]);

    /// <summary>The same with what is left out by default.</summary>
    public static HashSet<(ulong, ulong)> AllDirectories(string root) => Identities(Find.Run(root, "-type", "d", "-printf", "%D %i\\0"));

    private static IEnumerable<string> Pruned(string root, IReadOnlyList<string>? pruned) =>
        (pruned ?? []).SelectMany(path => new[] { "-path", Path.Combine(root, path), "-type", "d", "-prune", "-o" });

    private static HashSet<(ulong, ulong)> Identities(List<byte[]> lines)
    {
        var directories = new HashSet<(ulong, ulong)>();
        foreach (var line in lines)
        {
            var parts = Encoding.ASCII.GetString(line).Split(' ');
            ulong device = ulong.Parse(parts[0], CultureInfo.InvariantCulture);
            // As programs see it; the kernel itself has 20 bits for the minor number.
            ulong major = (device >> 8) & 0xfff, minor = (device & 0xff) | ((device >> 12) & 0xfff00);
            directories.Add(((major << 20) | minor, ulong.Parse(parts[1], CultureInfo.InvariantCulture)));
        }

        return directories;
    }

    /// <summary>The directories that the kernel watches for a process.</summary>
    public static List<(ulong Device, ulong Inode)> Watched(int process)
    {
        var watched = new List<(ulong, ulong)>();
        foreach (var descriptor in Directory.EnumerateFiles($"/proc/{process}/fdinfo"))
        {
            string[] lines;
            try
            {
                lines = File.ReadAllLines(descriptor);
            }
            catch (IOException)
            {
                continue; // closed just now
            }

            foreach (var line in lines.Where(line => line.StartsWith("inotify ", StringComparison.Ordinal)))
                watched.Add((Hex(line, "sdev:"), Hex(line, "ino:")));
        }

        return watched;
    }

    private static ulong Hex(string line, string field) => ulong.Parse(
        line.Split(' ').Single(part => part.StartsWith(field, StringComparison.Ordinal))[field.Length..],
        NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
