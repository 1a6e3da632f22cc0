using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.State;

namespace WatchPhoto.Watcher.Tracking;

/// <summary>
/// Libraries whose entries this state does not know though the catalog does: its picture of them is asked for, part by part,
/// and becomes what was told. Until then nothing is compared and nothing published. Owned by the tracker's thread.
/// </summary>
internal sealed class Recoveries(StateDatabase state, Action<CatalogPartRequested> ask, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Dictionary<WatchedLibrary, (string? After, long Asked)> _running = [];

    /// <summary>Begins, or begins anew after a restart.</summary>
    public void Begin(WatchedLibrary library)
    {
        library.IsRecovering = true;
        state.Transact(() =>
        {
            state.RemoveEntries(library);
            state.SaveLibrary(library);
        });
        Ask(library, after: null);
    }

    public void Abandon(WatchedLibrary library) => _running.Remove(library);

    /// <param name="highest">Higher versions are of a wrong clock.</param>
    /// <returns>True: that was the last part.</returns>
    public bool Take(WatchedLibrary library, CatalogPart part, long highest)
    {
        // An answer to a question asked twice.
        if (!_running.TryGetValue(library, out var running) || running.After != part.After)
            return false;

        state.Transact(() =>
        {
            foreach (var entry in part.Entries)
                Take(library, entry);
            library.IsRecovering = !part.IsLast;
            if (part.HighestVersion <= highest)
                library.RaiseVersion(part.HighestVersion);
            state.SaveLibrary(library);
        });
        if (part.IsLast)
            _running.Remove(library);
        else
            Ask(library, part.Entries[^1].Path);
        return part.IsLast;
    }

    /// <summary>Asks again for what has not been answered: the indexer, or the bus, was away.</summary>
    public TimeSpan? AskAgain()
    {
        TimeSpan? next = null;
        foreach (var (library, running) in _running.ToList())
        {
            var waited = time.GetElapsedTime(running.Asked);
            if (waited >= Patience)
            {
                Ask(library, running.After);
                waited = TimeSpan.Zero;
            }

            if (next is null || Patience - waited < next)
                next = Patience - waited;
        }

        return next;
    }

    private void Ask(WatchedLibrary library, string? after)
    {
        _running[library] = (after, time.GetTimestamp());
        ask(new CatalogPartRequested { LibraryId = library.Id, StateId = state.Id, After = after });
    }

    private void Take(WatchedLibrary library, CatalogEntry entry)
    {
        byte[] path = PhotoPath.Decode(entry.Path);
        int slash = path.AsSpan().LastIndexOf((byte)'/');
        var identity = FileIdentity.Of(entry.File.Inode, entry.File.BirthTime, entry.File.Size, entry.File.ModifiedAt);
        // Its id lives here again.
        state.Forget(identity, path.AsSpan(slash + 1));
        state.Put(library, before: null, new Entry
        {
            Key = new EntryKey(state.FindOrAddDirectory(library, path.AsSpan(0, slash + 1)), path[(slash + 1)..]),
            PhotoId = entry.PhotoId,
            Version = entry.Version,
            Size = entry.File.Size,
            Modified = entry.File.ModifiedAt,
            Identity = identity,
            Digest = RegisterDigest.Compute(entry.Path, entry.Version, entry.PhotoId, entry.File, photo: null),
        });
    }
}
