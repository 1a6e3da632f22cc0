using System.Globalization;

namespace WatchPhoto.Watcher.Kernel;

internal static class KernelLimits
{
    /// <summary>Watches one user may hold (sysctl fs.inotify.max_user_watches).</summary>
    public static int MaxUserWatches =>
        int.Parse(File.ReadAllText("/proc/sys/fs/inotify/max_user_watches"), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
}
