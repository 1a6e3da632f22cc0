using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.State;

namespace WatchPhoto.Watcher.Tracking;

/// <summary>
/// Tells a library as a whole again: every entry gets a fresh version and goes into the outbox, a little at a time as the
/// outbox empties. The cursor is in the state, so a restart goes on where it was. Owned by the tracker's thread.
/// </summary>
internal sealed class Resyncs(StateDatabase state, WatcherOptions options, TimeProvider time, Action recorded)
{
    private const int ChunkSize = 1000;
    private const int MostRowsWaiting = 40;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Begins, or begins again from the start.</summary>
    /// <param name="dropsWaiting">What waits in the outbox, and what a resync under way has told, is told again.</param>
    public void Begin(WatchedLibrary library, bool dropsWaiting = true) => state.Transact(() =>
    {
        if (dropsWaiting)
            state.RemoveOutbox(library);
        library.Floor = library.Version;
        library.Resync = ResyncCursor.Start;
        state.SaveLibrary(library);
    });

    /// <summary>Goes on with what is under way, as far as the outbox has room.</summary>
    /// <returns>How long until it should be called again; null: nothing is under way.</returns>
    public TimeSpan? Work(IReadOnlyCollection<WatchedLibrary> libraries)
    {
        TimeSpan? next = null;
        foreach (var library in libraries)
        {
            if (state.OutboxBytes > options.OutboxLimit && library.Resync is not { IsAtStart: true })
                Begin(library);
            // While it is recovering, it has nothing of its own to tell.
            if (library.Resync is null || library.IsRecovering || library.IsPaused)
                continue;
            if (state.OutboxRowsToSend(libraries) < MostRowsWaiting)
            {
                state.Transact(() => Tell(library, library.Resync));
                recorded();
            }

            next = Pause;
        }

        return next;
    }

    private void Tell(WatchedLibrary library, ResyncCursor cursor)
    {
        var told = new List<(byte[] Directory, Entry Entry)>();
        long version = state.NextVersion(library, time);
        while (told.Count < ChunkSize)
        {
            if (state.DirectoryFrom(library, cursor.Directory) is not { } directory)
            {
                cursor = null!;
                break;
            }

            var name = directory.Path.AsSpan().SequenceEqual(cursor.Directory) ? cursor.Name : [];
            var entries = state.EntriesOf(directory.Row, name, ChunkSize - told.Count);
            foreach (var entry in entries)
            {
                var renewed = entry.At(entry.Key.Path(directory.Path), version);
                state.Put(library, entry, renewed);
                told.Add((directory.Path, renewed));
            }

            cursor = entries.Count > 0
                ? new ResyncCursor(directory.Path, entries[^1].Key.Name)
                // A zero byte is in no path: the next directory in order.
                : new ResyncCursor([.. directory.Path, 0], []);
        }

        // The cursor first: it has left the start, so that they are taken.
        library.Resync = cursor;
        Outbox.Add(state, library, FileEventKind.Changed, told);
        state.SaveLibrary(library);
    }
}
