using System.Diagnostics;

namespace WatchPhoto.Testing;

/// <summary>The system's own tools: what they do to a tree is nobody's code under test.</summary>
public static class Shell
{
    public static void Run(string script, string directory)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", ["-euc", script])
        {
            WorkingDirectory = directory, RedirectStandardError = true, RedirectStandardOutput = true,
        })!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{script}\n{error}");
    }

    /// <summary>Whether a program of this name is in the path.</summary>
    public static bool Has(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Any(directory => File.Exists(Path.Combine(directory, program)));

    /// <summary>Removes a directory whatever may be done to it, and what is mounted in it.</summary>
    public static void Remove(string directory) => Run($"""
        export LC_ALL=C
        chmod -R u+rwx {directory} 2> /dev/null || true
        for mount in $(cut -d' ' -f2 /proc/mounts | grep -F {directory}/ | sort -r); do umount -l "$mount"; done
        chattr -R -i {directory} 2> /dev/null || true
        rm -rf {directory}
        """, "/");
}
