using System.Diagnostics;
using System.Globalization;

namespace WatchPhoto.Scenarios.Tests.Running;

/// <summary>A limit of the kernel that is lower for a while.</summary>
internal static class KernelLimit
{
    private const string Script = "usual=$(cat $1); echo $2 > $1; echo; read -r _ || true; echo $usual > $1";

    /// <summary>
    /// Lowers a limit of the kernel until this is disposed. A process in a session of its own puts it back, also when this one
    /// is killed: its input ends then. On the whole machine it is lowered by one at a time: else the next one would take what
    /// this one has set for the usual value, and leave that behind.
    /// </summary>
    public static IDisposable Lower(string limit, int value)
    {
        var process = Process.Start(new ProcessStartInfo(
            "setsid",
            ["--wait", "flock", "/tmp/watchphoto-limits.lock", "sh", "-euc", Script, "sh", limit,
             value.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true,
        })!;
        Assert.NotNull(process.StandardOutput.ReadLine());
        return new Lowered(process);
    }

    private sealed class Lowered(Process process) : IDisposable
    {
        public void Dispose()
        {
            process.StandardInput.Close();
            process.WaitForExit();
            Assert.Equal(0, process.ExitCode);
            process.Dispose();
        }
    }
}
