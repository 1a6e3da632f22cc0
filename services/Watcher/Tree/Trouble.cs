using Mono.Unix.Native;
using WatchPhoto.Hosting;
using WatchPhoto.Watcher.Kernel;

namespace WatchPhoto.Watcher.Tree;

/// <summary>Why a directory, or a name in it, is not seen, and what would help: each a part of a sentence.</summary>
internal sealed record Trouble(string Reason, string Remedy)
{
    /// <param name="error">Of a call that says nothing of what is there.</param>
    public static Trouble Of(Errno error) => error switch
    {
        Errno.ENOSPC => new(
            "no kernel watch is left for this user",
            $"raise the sysctl fs.inotify.max_user_watches (now {KernelLimits.MaxUserWatches}); until then it is compared from time to time"),
        Errno.EACCES or Errno.EPERM => new("permission denied", "let the watcher's user read and enter it"),
        Errno.EIO => new("the disk reports an input/output error", "read the kernel's log (dmesg), and check the disk and its file system"),
        Errno.EMFILE => new("the watcher has as many files open as it may", $"raise its limit of open files, which is {OpenFiles.Limit} (ulimit -Hn, or LimitNOFILE= of its service)"),
        Errno.ENFILE => new("this host has as many files open as it may", "raise the sysctl fs.file-max"),
        Errno.ENOMEM => new("the kernel has no memory for it", "give this host, or the watcher's container, more memory"),
        Errno.ESTALE => new("the file server does not know it any more", "mount its file system anew"),
        Errno.ENAMETOOLONG => new("its name is too long to be looked at", "give it a shorter one"),
        Errno.ENOTCONN or Errno.ETIMEDOUT or Errno.EHOSTDOWN or Errno.EHOSTUNREACH => new(
            $"its file system does not answer ({Stdlib.strerror(error)})", "mount it anew"),
        _ => new(Stdlib.strerror(error), "it is tried again from time to time"),
    };

    public override string ToString() => $"{Reason}: {Remedy}";
}
