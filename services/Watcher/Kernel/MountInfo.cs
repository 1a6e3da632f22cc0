using System.Buffers.Text;
using System.Text;

namespace WatchPhoto.Watcher.Kernel;

/// <summary>A mount, as a line of <c>/proc/self/mountinfo</c> has it (proc_pid_mountinfo(5)).</summary>
/// <param name="Device">As two numbers: <c>98:0</c>.</param>
/// <param name="Root">The path in its file system that is seen at the mount point.</param>
/// <param name="Type">As in <c>fuse.sshfs</c>.</param>
/// <param name="Source">A device, a server's share, or whatever the file system calls itself.</param>
/// <param name="Options">Those of the file system, with commas between them.</param>
internal sealed record MountInfo(int Id, string Device, byte[] Root, byte[] Point, string Type, string Source, string Options)
{
    private const string Table = "/proc/self/mountinfo";

    /// <summary>All mounts that this process sees, in their order: of two at one point the later one is above.</summary>
    public static IEnumerable<MountInfo> All()
    {
        byte[] table;
        try
        {
            table = File.ReadAllBytes(Table);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Without /proc nothing is known of them.
            yield break;
        }

        foreach (var range in Lines(table))
        {
            if (Parse(table.AsSpan(range)) is { } mount)
                yield return mount;
        }
    }

    /// <summary>The mount that an open file is on; null: the system does not say.</summary>
    public static MountInfo? Of(int descriptor)
    {
        try
        {
            foreach (var line in File.ReadLines($"/proc/self/fdinfo/{descriptor}"))
            {
                if (line.StartsWith("mnt_id:", StringComparison.Ordinal))
                    return Find(File.ReadAllBytes(Table), int.Parse(line.AsSpan(7).Trim(), provider: null));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Without /proc nothing is known of it.
        }

        return null;
    }

    /// <param name="table">All lines.</param>
    public static MountInfo? Find(ReadOnlySpan<byte> table, int id)
    {
        while (table.Length > 0)
        {
            int end = table.IndexOf((byte)'\n');
            var line = end < 0 ? table : table[..end];
            if (Utf8Parser.TryParse(line, out int found, out _) && found == id)
                return Parse(line);
            table = end < 0 ? [] : table[(end + 1)..];
        }

        return null;
    }

    /// <summary>Whether the file system has an option, as in <c>serverino</c>.</summary>
    public bool Has(string option) => Options.Split(',').Contains(option);

    private static List<Range> Lines(ReadOnlySpan<byte> table)
    {
        var lines = new List<Range>();
        foreach (var range in table.Split((byte)'\n'))
            lines.Add(range);
        return lines;
    }

    // Number, parent, device, root, point, the mount's options, any number of other fields, a dash; type, source, options.
    private static MountInfo? Parse(ReadOnlySpan<byte> line)
    {
        var fields = new List<byte[]>();
        int dash = 0;
        foreach (var range in line.Split((byte)' '))
        {
            if (dash == 0 && line[range].SequenceEqual("-"u8))
                dash = fields.Count;
            fields.Add(Unescape(line[range]));
        }

        return dash < 6 || fields.Count < dash + 4
            ? null
            : new MountInfo(
                int.Parse(fields[0], provider: null), Text(fields[2]), fields[3], fields[4], Text(fields[dash + 1]), Text(fields[dash + 2]), Text(fields[dash + 3]));
    }

    private static string Text(byte[] bytes) => Encoding.Latin1.GetString(bytes);

    // Blanks, tabs, line ends and backslashes are a backslash and three octal digits.
    private static byte[] Unescape(ReadOnlySpan<byte> field)
    {
        var bytes = new List<byte>(field.Length);
        for (int i = 0; i < field.Length; i++)
        {
            if (field[i] == '\\' && i + 3 < field.Length)
            {
                bytes.Add((byte)(((field[i + 1] - '0') << 6) | ((field[i + 2] - '0') << 3) | (field[i + 3] - '0')));
                i += 3;
            }
            else
            {
                bytes.Add(field[i]);
            }
        }

        return [.. bytes];
    }
}
