using Microsoft.Extensions.Logging;
using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Reconcile;
using WatchPhoto.Watcher.State;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Tracking;

/// <summary>
/// Says for each library whether its root is watched, and else why not: roots that are away, or others than before, or another
/// library's. A root is watched only if it is there and is the one known; what says otherwise is believed when all hints of how it
/// came to be are in. Nothing recorded of a library counts as missing while its root is not watched. Owned by the tracker's thread.
/// </summary>
internal sealed partial class RootGuard(
    StateDatabase state, IDisk disk, DirectoryTree tree, Agenda agenda, RunningComparisons running, Patrols patrols,
    WatcherOptions options, TimeProvider time, ILogger log)
{
    private readonly SharedRoots _roots = new(tree);
    private readonly WatchedRoots _watched = new(options);
    // Their roots are not where they were. That is believed when all hints of how it came to be are in.
    private readonly HashSet<WatchedLibrary> _doubted = [];
    // Found inside another, or another in them: opened anew though they are there, and refused then.
    private readonly HashSet<WatchedLibrary> _shared = [];
    private long _checkedAt = time.GetTimestamp();

    /// <summary>Whether a root is to be looked at once the hints are in.</summary>
    public bool HasDoubts => _doubted.Count > 0;

    /// <summary>The root may not be where it was.</summary>
    public void Doubt(WatchedLibrary library) => _doubted.Add(library);

    /// <summary>The library that is watched with this directory as its root; null: none is.</summary>
    public WatchedLibrary? LibraryAt((ulong Device, ulong Inode) identity) => _roots.At(identity);

    /// <summary>The root of a library was found in a directory of another: one of them is refused.</summary>
    public void FoundInside(WatchedLibrary inner, DirectoryNode parent, byte[] name)
    {
        // Closed between two comparisons: this one may be in the middle of it.
        var later = _roots.Met(parent.Library, [.. parent.Path(), .. name, (byte)'/'], inner);
        _shared.Add(later);
        _doubted.Add(later);
    }

    /// <summary>Opens anew what is doubted, and from time to time looks whether all roots and mounts are where they were.</summary>
    /// <returns>How long until the next time.</returns>
    public TimeSpan Work(IReadOnlyCollection<WatchedLibrary> libraries)
    {
        foreach (var library in _doubted.Where(library => _shared.Contains(library) || !IsThere(library)))
        {
            // Away, or another one: Open says which, and goes on by itself when it is back.
            Close(library);
            Open(library);
        }

        _doubted.Clear();
        var since = time.GetElapsedTime(_checkedAt);
        if (since >= options.RootCheckInterval)
        {
            _checkedAt = time.GetTimestamp();
            since = TimeSpan.Zero;
            foreach (var library in libraries)
            {
                if (!IsThere(library))
                    _doubted.Add(library);
                CheckMounts(library);
            }
        }

        return options.RootCheckInterval - since;
    }

    /// <summary>Watches the library if its root is there and is the one known; compares everything.</summary>
    public void Open(WatchedLibrary library)
    {
        if (library.IsRecovering)
            return;
        // Kept from before such globs were refused. Without knowing what is of interest nothing is compared.
        if (library.Filter.Problem is { } globs)
        {
            Refuse(library, globs);
            return;
        }

        _shared.Remove(library);
        var error = disk.OpenRoot(library.RootPath, out var open);
        if (_watched.Refusal(library.Definition, disk, open) is { } elsewhere)
        {
            open?.Dispose();
            Refuse(library, elsewhere);
            return;
        }

        if (error != 0)
        {
            var (reason, remedy) = Trouble.Of(error);
            GoOffline(library, error.MeansAbsent()
                ? $"The directory {library.Definition.Path} is not there: nothing is deleted, and watching goes on when it is back."
                : $"The directory {library.Definition.Path} cannot be opened ({reason}): {remedy}; nothing is deleted meanwhile.");
            return;
        }

        using (open)
        {
            // A library without entries has nothing to lose to another root.
            if (!KnownRoot.Is(library.RootIdentity, open!, out var identity) && library.Entries > 0)
            {
                GoOffline(library,
                    $"Another directory is at {library.Definition.Path} than before (a disk not mounted, or replaced?): nothing is deleted.");
                return;
            }

            if (IsAnothers(library, open!))
                return;

            if (library.RootIdentity != identity)
            {
                library.RootIdentity = identity;
                state.Transact(() => state.SaveLibrary(library));
            }

            if (library.Offline is not null)
                LogOnline(library.Id);
            library.Offline = null;
            library.Root = new DirectoryNode(library, null, []) { Identity = (open!.Facts.Device, open.Facts.Inode) };
            _roots.Open(library, open);
            library.Directories = 1;
            agenda.Compare(library.Root, recursive: true);
        }
    }

    /// <summary>Whatever is at the library's path, and mounted below it, is the library now.</summary>
    public void Accept(WatchedLibrary library)
    {
        library.RootIdentity = null;
        library.Mounts.Clear();
        Save(library);
        Close(library);
        Open(library);
    }

    /// <summary>What a file system that makes up its numbers is known by is learned anew.</summary>
    /// <param name="top">The root of the library, or a directory at which a disk is mounted.</param>
    public void Identify(DirectoryNode top)
    {
        if (tree.Open(top, out var open) != 0)
            return;
        var library = top.Library;
        using (open)
        {
            if (top.Parent is null)
                library.RootIdentity = open!.RootIdentity;
            else if (library.Mounts.ContainsKey(top.Path()))
                library.Mounts[top.Path()] = open!.RootIdentity;
        }

        Save(library);
        agenda.Compare(library);
    }

    /// <summary>The kernel removes only an empty directory: all that was below was removed before, each with an event.</summary>
    public void Removed(WatchedLibrary library)
    {
        GoOffline(library, $"The directory {library.Definition.Path} was removed; watching goes on when it is there again.");
        running.CompareEmptied(library);
    }

    /// <summary>Watches the root no more.</summary>
    public void Close(WatchedLibrary library)
    {
        _roots.Close(library);
        if (library.Root is { } root)
        {
            library.Root = null;
            tree.Drop(root);
        }

        patrols.Remove(library);
        library.Holds.Clear();
    }

    /// <summary>It is not a library of this host any more.</summary>
    public void Forget(WatchedLibrary library)
    {
        Close(library);
        _doubted.Remove(library);
        _shared.Remove(library);
        _roots.Forget(library);
    }

    // The later one of two that have one directory waits until the first is gone.
    private bool IsAnothers(WatchedLibrary library, IDirectory root)
    {
        var conflicts = _roots.Conflicts(library, root);
        if (conflicts.FirstOrDefault(conflict => SharedRoots.Later(library, conflict.Other) == library) is { Sentence: { } refusal })
        {
            Refuse(library, refusal);
            return true;
        }

        foreach (var (other, sentence) in conflicts)
            Refuse(other, sentence);
        return false;
    }

    private void Refuse(WatchedLibrary library, string sentence)
    {
        GoOffline(library, sentence, isRefused: true);
        foreach (var (outer, path) in _roots.Around(library))
        {
            // It was left out for this one.
            int slash = path.AsSpan(0, path.Length - 1).LastIndexOf((byte)'/') + 1;
            if (DirectoryTree.Find(outer, path) is null or { IsOpaque: true }
                && DirectoryTree.Find(outer, path.AsSpan(0, slash)) is { } parent)
                agenda.Look(parent, path.AsSpan(slash..^1), mayBeUnfinished: false);
        }
    }

    private void GoOffline(WatchedLibrary library, string reason, bool isRefused = false)
    {
        Close(library);
        if (library.Offline?.Reason != reason)
            LogOffline(library.Id, reason);
        library.Offline = new Offline(reason, isRefused);
    }

    private bool IsThere(WatchedLibrary library)
    {
        if (library.Root is not { } root)
            return false;
        var error = tree.Open(root, out var open);
        open?.Dispose();
        // Without a watch it was unmounted, and another may have been mounted since; or its turn to be watched has not come.
        return error == 0 && (root.Watch != DirectoryNode.NoWatch || root.IsPolled || root.Trouble is not null
            || agenda.Compares(root) || running.ScanOf(library) is not null);
    }

    // No event tells that a disk was mounted.
    private void CheckMounts(WatchedLibrary library)
    {
        foreach (var mount in library.Mounts.Keys)
        {
            int slash = mount.AsSpan(0, mount.Length - 1).LastIndexOf((byte)'/');
            if (DirectoryTree.Find(library, mount.AsSpan(0, slash + 1)) is { } parent)
                agenda.Look(parent, mount.AsSpan((slash + 1)..^1), mayBeUnfinished: false);
        }

        // During a scan they may only not have been met yet.
        if (library.Root is { IsListed: true } && running.ScanOf(library) is null)
        {
            patrols.Unseen.SetLostMounts(library, [.. library.Mounts.Keys
                .Where(mount => DirectoryTree.Find(library, mount) is null && state.AnyEntryBelow(library, mount))]);
        }
    }

    private void Save(WatchedLibrary library) => state.Transact(() =>
    {
        state.SaveLibrary(library);
        state.SaveMounts(library);
    });

    [LoggerMessage(LogLevel.Warning, "{Library}: offline. {Reason}")]
    private partial void LogOffline(string library, string reason);

    [LoggerMessage(LogLevel.Information, "{Library}: the root is back; comparing")]
    private partial void LogOnline(string library);
}
