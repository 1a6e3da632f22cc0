using WatchPhoto.Watcher.Libraries;

namespace WatchPhoto.Watcher.State;

/// <summary>
/// The only code that writes entries, and that keeps what a library counts of them: after each transaction, also one that has thrown,
/// its count is that of its rows, and its digest is the sum of theirs. No entry changes while a queued move covers it.
/// </summary>
internal sealed class Ledger(
    Connection connection, LibraryTable libraries, DirectoryTable directories, EntryTable entries, OutboxTable outbox)
{
    // Of the libraries that the transaction under way has changed.
    private readonly Dictionary<WatchedLibrary, Counters> _before = [];

    /// <summary>Runs the work as one transaction: wholly, or not at all when it throws. What libraries count is saved with it.</summary>
    public void Transact(Action work)
    {
        lock (connection.Gate)
        {
            try
            {
                connection.Transact(() =>
                {
                    work();
                    foreach (var library in _before.Keys)
                        libraries.SaveCounters(library);
                });
            }
            catch
            {
                foreach (var (library, before) in _before)
                    library.Counters = before;
                throw;
            }
            finally
            {
                _before.Clear();
            }
        }
    }

    /// <summary>A version for the next plan: above all before it, here and in the catalog, and near to the clock.</summary>
    public long NextVersion(WatchedLibrary library, TimeProvider time)
    {
        long above = Math.Max(library.Version, library.Definition.HighestVersion) + 1;
        long version = Math.Max(above, IndexersClock.VersionAt(time.GetUtcNow()));
        Set(library, library.Counters with { Version = version });
        return version;
    }

    /// <param name="before">What is recorded at its key; null: nothing is.</param>
    public void Put(WatchedLibrary library, Entry? before, Entry after)
    {
        outbox.WriteOutMoves(after.Key.Directory);
        entries.Put(after);
        Count(library, before, after);
    }

    /// <summary>Changes an entry's version and digest where it is: in a directory that has moved, which tells of it.</summary>
    public void Update(WatchedLibrary library, Entry before, Entry after)
    {
        entries.Update(after);
        Count(library, before, after);
    }

    public void Remove(WatchedLibrary library, Entry entry)
    {
        outbox.WriteOutMoves(entry.Key.Directory);
        entries.Remove(entry.Key);
        Count(library, entry, null);
    }

    /// <summary>Empties a library; nothing is remembered or published.</summary>
    public void Clear(WatchedLibrary library)
    {
        foreach (var directory in directories.Below(library, []))
        {
            entries.RemoveAllOf(directory.Row);
            directories.Remove(directory.Row);
        }

        Set(library, library.Counters with { Entries = 0, Digest = 0 });
    }

    /// <summary>
    /// The directory is at another path, where none with entries is, and what is recorded in it with it: that is to be told of next.
    /// At the old path stays an empty one, which is found gone.
    /// </summary>
    public void MoveDirectory(DirectoryRow directory, ReadOnlySpan<byte> path)
    {
        outbox.WriteOutMoves(directory.Row);
        directories.Move(directory, path);
    }

    private void Count(WatchedLibrary library, Entry? before, Entry? after)
    {
        var (version, count, digest) = library.Counters;
        count += (after is null ? 0 : 1) - (before is null ? 0 : 1);
        digest += (after?.Digest ?? 0L) - (before?.Digest ?? 0L);
        Set(library, new Counters(version, count, digest));
    }

    private void Set(WatchedLibrary library, Counters counters)
    {
        _before.TryAdd(library, library.Counters);
        library.Counters = counters;
    }
}
