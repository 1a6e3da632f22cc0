using System.Diagnostics;
using System.Globalization;

namespace WatchPhoto.Testing;

/// <summary>The system's find, whose names are bytes.</summary>
public static class Find
{
    /// <param name="arguments">Where, which may be a symbolic link to it, and what.</param>
    /// <returns>What it prints, in parts that end in NUL; of what goes away meanwhile, nothing.</returns>
    public static List<byte[]> Run(params IEnumerable<string> arguments)
    {
        // In any other locale a name that is not UTF-8 matches no pattern.
        using var process = Process.Start(new ProcessStartInfo("find", ["-H", .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, Environment = { ["LC_ALL"] = "C" },
        })!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        using var output = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(output);
        process.WaitForExit();
        var parts = new List<byte[]>();
        for (var rest = output.ToArray().AsMemory(); rest.Length > 0;)
        {
            int end = rest.Span.IndexOf((byte)0);
            parts.Add(rest[..end].ToArray());
            rest = rest[(end + 1)..];
        }

        return parts;
    }

    /// <param name="seconds">Since 1970, with ten decimals, as %T@ prints them.</param>
    public static string Iso8601(string seconds)
    {
        var parts = seconds.Split('.');
        var whole = DateTime.UnixEpoch.AddSeconds(long.Parse(parts[0], CultureInfo.InvariantCulture));
        return string.Create(CultureInfo.InvariantCulture, $"{whole:yyyy-MM-dd'T'HH:mm:ss}.{parts[1][..9]}Z");
    }
}
