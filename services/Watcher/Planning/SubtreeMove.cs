using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Reconcile;
using WatchPhoto.Watcher.State;

namespace WatchPhoto.Watcher.Planning;

/// <summary>
/// What is recorded in and below a directory that has moved follows it, each directory in the row it has: row by row, and of
/// large ones a part of the entries in each transaction. A crash in between is made good at the next start.
/// </summary>
internal sealed class SubtreeMove(StateDatabase state, TimeProvider time)
{
    /// <summary>Of a directory that moved, the entries in one transaction.</summary>
    public int MovedAtOnce { get; set; } = 4096;

    /// <summary>
    /// Records what directories that moved took along where it is now, each entry in the row it has. That the old directories are
    /// gone is told with all that are, in the end.
    /// </summary>
    /// <param name="moved">Loses those of which all is recorded.</param>
    /// <returns>How many entries; the rest is for another transaction.</returns>
    public int Bring(Queue<MovedDirectory> moved)
    {
        int told = 0;
        while (told < MovedAtOnce && moved.TryPeek(out var next))
        {
            if ((next.Telling ??= NextToTell(next)) is not { } telling)
            {
                moved.Dequeue();
                continue;
            }

            told += Tell(telling, next.Node.Library, MovedAtOnce - told);
            if (telling.Told is null)
                next.Telling = null;
        }

        return told;
    }

    /// <summary>Tells of the rest of a directory that moved, in a run that a crash has ended.</summary>
    public void Finish(MoveToTell move, WatchedLibrary library)
    {
        while (move.Told is not null)
            state.Transact(() => Tell(move, library, MovedAtOnce));
    }

    private int Tell(MoveToTell move, WatchedLibrary library, int most)
    {
        long version = state.NextVersion(library, time);
        var told = new List<(byte[], Entry)>();
        foreach (var recorded in state.EntriesOf(move.Directory.Row, move.Told, most))
        {
            var entry = recorded.At(recorded.Key.Path(move.Directory.Path), version);
            state.Update(library, recorded, entry);
            told.Add((move.Directory.Path, entry));
        }

        Outbox.Add(state, library, FileEventKind.Moved, told, move.Before);
        move.Told = told.Count < most ? null : told[^1].Item2.Key.Name;
        state.MoveIsTold(move.Directory.Row, move.Told);
        return told.Count;
    }

    // The next directory with entries gets the path where it is now. Null: there is none.
    private MoveToTell? NextToTell(MovedDirectory moved)
    {
        var (library, after) = (moved.Node.Library, moved.Node.Path());
        while (state.DirectoryFrom(library, moved.Next) is { } row && row.Path.AsSpan().StartsWith(moved.Before))
        {
            moved.Next = [.. row.Path, 0];
            byte[] path = [.. after, .. row.Path.AsSpan(moved.Before.Length)];
            if (!ComesAlong(library, row, path))
                continue;
            state.MoveDirectory(row, path);
            return new MoveToTell(row with { Path = path }, row.Path);
        }

        return null;
    }

    // If not, each of its files is looked for by itself.
    private bool ComesAlong(WatchedLibrary library, DirectoryRow row, byte[] path) =>
        state.EntriesOf(row.Row, [], 1) is [var first] && library.Filter.Includes(path, first.Key.Name)
        && !state.AnyMissing(row.Row)
        && !library.Mounts.Keys.Any(mount => row.Path.AsSpan().StartsWith(mount) || path.AsSpan().StartsWith(mount))
        && !(state.FindDirectory(library, path) is { } there && state.EntriesOf(there, [], 1).Count > 0)
        && (library.Filter.IsOfNames
            || state.EntriesOf(row.Row).ToList().TrueForAll(entry => library.Filter.IncludesFile(path, entry.Key.Name)));
}
