using System.Globalization;

namespace WatchPhoto.Hosting;

/// <summary>
/// The files, connections and directories that this process may have open at once. The runtime has raised the limit to the
/// hard one, which only an operator can raise.
/// </summary>
public static class OpenFiles
{
    // What the runtime, the libraries' files and the databases take of them (280 in one process), and as many again for what comes and goes.
    private const int Needed = 512;
    private const int Own = 384;

    // A connection's request may have two files of the catalog open beside it; the watcher's directories count as one more each.
    private const int Shares = 5;

    /// <summary>As the kernel has it for this process.</summary>
    public static int Limit { get; } = Read();

    /// <summary>How many of one sort may be open at once, so that all sorts together stay below the limit.</summary>
    public static int Share => Math.Max((Limit - Own) / Shares, 1);

    /// <summary>Why the process cannot work with so few, in one sentence; null: it can.</summary>
    public static string? Problem => Limit >= Needed ? null
        : string.Create(CultureInfo.InvariantCulture,
            $"Only {Limit} files may be open at once, and {Needed} are needed: raise the hard limit (ulimit -Hn, LimitNOFILE= of systemd, --ulimit nofile= of docker).");

    private static int Read()
    {
        const string Name = "Max open files";
        var line = File.ReadLines("/proc/self/limits").FirstOrDefault(line => line.StartsWith(Name, StringComparison.Ordinal));
        return line is not null && int.TryParse(
            line.AsSpan(Name.Length).TrimStart().ToString().Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out int soft)
            ? soft
            : int.MaxValue;
    }
}
