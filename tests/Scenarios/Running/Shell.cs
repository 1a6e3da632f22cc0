using System.Diagnostics;

namespace WatchPhoto.Scenarios.Tests.Running;

/// <summary>The system's own tools: what they do to a tree is nobody's code under test.</summary>
internal static class Shell
{
    private const string Words = """
        write() { head -c "${2:-1000}" /dev/urandom > "$1"; }
        append() { head -c "${2:-1000}" /dev/urandom >> "$1"; }

        """;

    public static void Run(string directory, string script)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", ["-euc", Words + script])
        {
            WorkingDirectory = directory, RedirectStandardError = true, RedirectStandardOutput = true, Environment = { ["LC_ALL"] = "C" },
        })!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{script}\n{error}");
    }
}
