using Mono.Unix;
using Mono.Unix.Native;
using WatchPhoto.Contracts;

namespace WatchPhoto.Standalone;

/// <summary>A directory that a person names, as it is known from here on.</summary>
/// <param name="Path">Absolute and without links, as far as it is there: as <see cref="Library.Path"/> has it.</param>
/// <param name="Problem">Why it cannot be watched now, in one sentence; null: it can.</param>
internal sealed record PhotoDirectory(string Path, string? Problem)
{
    // As the kernel, which gives up then.
    private const int MostLinks = 40;

    /// <param name="named">As <see cref="UnixEncoding"/> writes it.</param>
    /// <exception cref="RefusedStartException">It can never be a library.</exception>
    public static PhotoDirectory Resolve(string named)
    {
        if (named.Length == 0)
            throw new RefusedStartException("A directory's name is empty.");
        string real = Real(named);
        string path = PhotoPath.Encode(UnixEncoding.Instance.GetBytes(real));
        return path.Length > 0
            ? new PhotoDirectory(path, ProblemOf(real, path))
            : throw new RefusedStartException("'/' would be the whole machine: name a directory below it.");
    }

    public static void RefuseOverlaps(IReadOnlyList<PhotoDirectory> directories, string data)
    {
        foreach (var (directory, _) in directories)
        {
            if (directories.FirstOrDefault(other => other.Path != directory && IsWithin(directory, other.Path)) is { } outer)
                throw new RefusedStartException($"'{directory}' is inside of '{outer.Path}': name the outer one only.");
            if (IsWithin(data, directory) || IsWithin(directory, data))
                throw new RefusedStartException($"The catalog's directory '{data}' and '{directory}' are one inside of the other: choose another with --data.");
        }
    }

    /// <summary>
    /// The path that the kernel would come to, without a slash at the end. What is not there is taken as it is named: a disk
    /// that is not mounted has to be the one that was registered.
    /// </summary>
    public static string Real(string named)
    {
        // Not Environment.CurrentDirectory: its name may be no UTF-8.
        var ahead = new Stack<string>([named]);
        if (!named.StartsWith('/'))
            ahead.Push(LinkAt("/proc/self/cwd") ?? "");
        string real = "";
        for (int links = 0; ahead.TryPop(out string? next);)
        {
            if (next.Contains('/'))
            {
                if (next.StartsWith('/'))
                    real = "";
                foreach (string component in next.Split('/').Reverse())
                    ahead.Push(component);
            }
            else if (next == "..")
            {
                real = real[..Math.Max(real.LastIndexOf('/'), 0)];
            }
            else if (next is not ("" or "."))
            {
                if (LinkAt($"{real}/{next}") is { } target && links++ < MostLinks)
                    ahead.Push(target);
                else
                    real = $"{real}/{next}";
            }
        }

        return real;
    }

    private static string? LinkAt(string path)
    {
        var target = new byte[4096];
        return Syscall.readlink(path, target) is > 0 and var length ? UnixEncoding.Instance.GetString(target, 0, (int)length) : null;
    }

    private static string? ProblemOf(string real, string path)
    {
        if (Syscall.stat(real, out var facts) != 0)
        {
            return Stdlib.GetLastError() switch
            {
                Errno.ENOENT => $"There is no directory '{path}'.",
                Errno.EACCES => $"'{path}' cannot be reached: permission denied in a directory above it.",
                Errno.ENOTDIR => $"'{path}' is not a directory, because something above it is none.",
                var error => $"'{path}' cannot be looked at: {UnixMarshal.GetErrorDescription(error)}.",
            };
        }

        if ((facts.st_mode & FilePermissions.S_IFMT) != FilePermissions.S_IFDIR)
            return $"'{path}' is not a directory: name the directory it is in.";
        return Syscall.access(real, AccessModes.R_OK | AccessModes.X_OK) == 0 ? null : $"'{path}' cannot be read: permission denied.";
    }

    private static bool IsWithin(string path, string directory) => (path + "/").StartsWith(directory + "/", StringComparison.Ordinal);
}
