using WatchPhoto.Watcher.Disk;

namespace WatchPhoto.Watcher.Reconcile;

/// <summary>Whether the root of a library, or of a file system mounted inside one, is the one that is known.</summary>
internal static class KnownRoot
{
    /// <param name="known">Null: none is.</param>
    /// <param name="identity">Which one it is, to be known from now on.</param>
    public static bool Is(FileIdentity? known, IDirectory open, out FileIdentity identity)
    {
        identity = open.RootIdentity;
        // Its numbers were seen not to last before this run.
        if (known is { IsWeak: true } && !identity.IsWeak && open.LastingRootIdentity == known)
        {
            open.DistrustNumbers();
            identity = open.RootIdentity;
        }

        // By its number alone it is known where that was seen by an earlier version of the program, or not to last just now.
        return known is null || known == identity || known == FileIdentity.OfRoot(open.Facts);
    }
}
