namespace WatchPhoto.Watcher.Kernel;

/// <summary>What follows from the type of a file system, as statfs(2) tells it (linux/magic.h).</summary>
internal static class FileSystemType
{
    public const uint Fat = 0x4D44;
    public const uint Overlay = 0x794C7630;
    private const uint ExFat = 0x2011BAB0;
    private const uint Fuse = 0x65735546;
    private const uint VirtualBox = 0x786F4256;

    /// <summary>Remote and user-space file systems; only they know what happens behind them.</summary>
    public static bool TellsEvents(uint type) => !IsSmb(type) && type is not (
        0x6969 // NFS
        or Fuse
        or 0x01021997 // 9P
        or 0x00C36400 // Ceph
        or 0x5346414F // AFS
        or VirtualBox); // shared folders

    /// <summary>
    /// Whether inode numbers are made up when the kernel meets a file, and others when it has forgotten it or mounts it again: what
    /// is on the disk has no number, or the server's is not asked for.
    /// </summary>
    /// <param name="mount">Of an SMB share: its mount.</param>
    public static bool MakesUpNumbers(uint type, Func<MountInfo?> mount) =>
        type is Fat or ExFat or Fuse or VirtualBox || (IsSmb(type) && mount()?.Has("serverino") != true);

    private static bool IsSmb(uint type) => type is 0xFF534D42 or 0xFE534D42 or 0x517B;
}
