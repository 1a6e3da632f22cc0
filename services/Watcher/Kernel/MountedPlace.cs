using System.Text;
using Microsoft.Win32.SafeHandles;
using Mono.Unix.Native;

namespace WatchPhoto.Watcher.Kernel;

/// <summary>
/// Where a directory is by the kernel's table of mounts: on which device, and at which path of its file system, whatever it is
/// bound to. Text only: whoever finds something by it looks whether it is so.
/// </summary>
internal sealed record MountedPlace(string Device, string Path, IReadOnlyList<(string Device, string Path, string Below)> Inside)
{
    /// <returns>Null: it is not there, or the table does not have it.</returns>
    public static MountedPlace? Of(ReadOnlySpan<byte> directory)
    {
        if (RealPath(Encoding.UTF8.GetString(directory)) is not { } path)
            return null;
        (string Device, string Path)? place = null;
        int longest = -1;
        var inside = new List<(string, string, string)>();
        foreach (var mount in MountInfo.All())
        {
            var (device, root, point) = (mount.Device, Encoding.UTF8.GetString(mount.Root), Encoding.UTF8.GetString(mount.Point));
            // Of two at one point the later one is above.
            if (Below(path, point) is { } rest && point.Length >= longest)
                (place, longest) = ((device, Join(root, rest)), point.Length);
            else if (Below(point, path) is { Length: > 0 } below)
                inside.Add((device, root, below));
        }

        return place is { } found ? new MountedPlace(found.Device, found.Path, inside) : null;
    }

    /// <summary>Where, relative to this directory, another one may be found below it.</summary>
    public IEnumerable<string> PlacesOf(MountedPlace other)
    {
        if (other.Device == Device && Below(other.Path, Path) is { Length: > 0 } rest)
            yield return rest;
        foreach (var (device, path, below) in Inside)
        {
            if (other.Device == device && Below(other.Path, path) is { } there)
                yield return there.Length == 0 ? below : $"{below}/{there}";
        }
    }

    private static string? RealPath(string path)
    {
        int descriptor = Syscall.open(path, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY | OpenFlags.O_CLOEXEC);
        if (descriptor < 0)
            return null;
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        return new FileInfo($"/proc/self/fd/{descriptor}").LinkTarget;
    }

    // What is left of a path below a directory; empty: it is that; null: it is not below it.
    private static string? Below(string path, string directory)
    {
        string start = directory.TrimEnd('/');
        return !path.StartsWith(start, StringComparison.Ordinal) ? null
            : path.Length == start.Length ? ""
            : path[start.Length] == '/' ? path[(start.Length + 1)..] : null;
    }

    private static string Join(string directory, string rest) => rest.Length == 0 ? directory : $"{directory.TrimEnd('/')}/{rest}";
}
