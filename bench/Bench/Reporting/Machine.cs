using System.Globalization;
using System.Runtime.InteropServices;

namespace WatchPhoto.Bench.Reporting;

internal static class Machine
{
    /// <summary>What the figures depend on.</summary>
    /// <param name="directory">On the disk that is used.</param>
    public static string Describe(string directory)
    {
        string processor = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(": ")[^1]
            ?? RuntimeInformation.ProcessArchitecture.ToString();
        long memory = long.Parse(File.ReadLines("/proc/meminfo").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        string kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
        string format = new DriveInfo(directory).DriveFormat;
        return string.Create(CultureInfo.InvariantCulture,
            $"{processor}, {Environment.ProcessorCount} cores, {memory / 1024 / 1024} GB; Linux {kernel}, {format}; .NET {Environment.Version}");
    }
}
