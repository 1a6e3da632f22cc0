using System.Diagnostics;

namespace WatchPhoto.Watcher.Tests;

/// <summary>The system's own tools: what they do to a tree, and what they see of it, is nobody's code under test.</summary>
internal static class Shell
{
    public static void Run(string script, string directory)
    {
        using var process = Start(new ProcessStartInfo("bash", ["-euc", script]) { WorkingDirectory = directory });
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{script}\n{error}");
    }

    /// <summary>What a command prints, cut at NULs.</summary>
    public static IEnumerable<byte[]> Bytes(string command, params string[] arguments)
    {
        using var process = Start(new ProcessStartInfo(command, arguments));
        using var output = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(output);
        process.WaitForExit();
        var rest = output.ToArray().AsMemory();
        var parts = new List<byte[]>();
        while (rest.Length > 0)
        {
            int end = rest.Span.IndexOf((byte)0);
            parts.Add(rest[..end].ToArray());
            rest = rest[(end + 1)..];
        }

        return parts;
    }

    private static Process Start(ProcessStartInfo start)
    {
        start.RedirectStandardError = start.RedirectStandardOutput = true;
        return Process.Start(start)!;
    }
}
