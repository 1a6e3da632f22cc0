using Mono.Unix;
using Mono.Unix.Native;

namespace WatchPhoto.Standalone;

/// <summary>The directories a person names, as they are known from here on: absolute and without links.</summary>
internal static class PhotoDirectory
{
    public static string Resolve(string named)
    {
        if (named.Length == 0)
            throw new RefusedStartException("A directory's name is empty.");
        string full = Path.GetFullPath(named);
        if (Syscall.stat(full, out var facts) != 0)
        {
            throw new RefusedStartException(Stdlib.GetLastError() switch
            {
                Errno.ENOENT => $"There is no directory '{full}'.",
                Errno.EACCES => $"'{full}' cannot be reached: permission denied in a directory above it.",
                Errno.ENOTDIR => $"'{full}' is not a directory, because something above it is none.",
                var error => $"'{full}' cannot be looked at: {UnixMarshal.GetErrorDescription(error)}.",
            });
        }

        if ((facts.st_mode & FilePermissions.S_IFMT) != FilePermissions.S_IFDIR)
            throw new RefusedStartException($"'{full}' is not a directory: name the directory it is in.");
        if (Syscall.access(full, AccessModes.R_OK | AccessModes.X_OK) != 0)
            throw new RefusedStartException($"'{full}' cannot be read: permission denied.");

        string real = UnixPath.GetCompleteRealPath(full).TrimEnd('/');
        return real.Length > 0 ? real : throw new RefusedStartException("'/' would be the whole machine: name a directory below it.");
    }

    public static void RefuseOverlaps(IReadOnlyList<string> directories, string data)
    {
        foreach (string directory in directories)
        {
            if (directories.FirstOrDefault(other => other != directory && IsWithin(directory, other)) is { } outer)
                throw new RefusedStartException($"'{directory}' is inside of '{outer}': name the outer one only.");
            if (directories.FirstOrDefault(other => other != directory && IsByAnotherName(directory, other)) is { } same)
                throw new RefusedStartException($"'{directory}' is '{same}', or inside of it, by another name (a bind mount): name one of the two only.");
            if (IsWithin(data, directory) || IsWithin(directory, data))
                throw new RefusedStartException($"The catalog's directory '{data}' and '{directory}' are one inside of the other: choose another with --data.");
        }
    }

    // Links are resolved already; a directory that is bound at two places is known by its device and inode.
    private static bool IsByAnotherName(string directory, string other)
    {
        if (Syscall.stat(other, out var facts) != 0)
            return false;
        for (string? above = directory; above is not null; above = Path.GetDirectoryName(above))
        {
            if (Syscall.stat(above, out var each) == 0 && (each.st_dev, each.st_ino) == (facts.st_dev, facts.st_ino))
                return true;
        }

        return false;
    }

    private static bool IsWithin(string path, string directory) => (path + "/").StartsWith(directory + "/", StringComparison.Ordinal);
}
