using System.Text;
using CsCheck;
using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.State;

namespace WatchPhoto.Watcher.Tests;

/// <summary>Whatever is recorded, and taken back, a library's count is that of its rows, and its digest the sum of theirs.</summary>
public sealed class LedgerTests
{
    private enum Verb
    {
        Put,
        Remove,
        Gone,
        Keep,
        Move,
        Clear,
    }

    private sealed record Step(Verb Verb, int Library, int Directory, int Name);

    private sealed record Work(Step[] Steps, bool Fails);

    private static readonly Gen<Step> s_step = Gen.Select(
        Gen.Frequency((10, Gen.Const(Verb.Put)), (4, Gen.Const(Verb.Remove)), (2, Gen.Const(Verb.Gone)), (2, Gen.Const(Verb.Keep)),
            (3, Gen.Const(Verb.Move)), (1, Gen.Const(Verb.Clear))),
        Gen.Int[0, 1], Gen.Int[0, 2], Gen.Int[0, 4], (verb, library, directory, name) => new Step(verb, library, directory, name));

    private static readonly Gen<Work[]> s_works =
        Gen.Select(s_step.Array[0, 12], Gen.Int[0, 3], (steps, fate) => new Work(steps, Fails: fate == 0)).Array[1, 12];

    [Fact]
    public void After_every_transaction_also_one_that_was_taken_back_a_library_counts_what_its_rows_are() => s_works.Sample(works =>
    {
        using var state = new StateDatabase(":memory:");
        WatchedLibrary[] libraries = [];
        state.Transact(() => libraries = [.. ((string[])["a", "b"]).Select(
            id => state.AddLibrary(new Library { Id = id, Name = id, Host = "here", Path = "/" + id }))]);
        foreach (var work in works)
        {
            try
            {
                state.Transact(() =>
                {
                    foreach (var step in work.Steps)
                        Do(state, libraries[step.Library], step);
                    if (work.Fails)
                        throw new OperationCanceledException();
                });
            }
            catch (OperationCanceledException)
            {
            }

            foreach (var (library, saved) in libraries.Zip(state.Libraries()))
            {
                var rows = state.DirectoriesBelow(library, []).SelectMany(directory => state.EntriesOf(directory.Row)).ToList();
                Assert.Equal(new Counters(saved.Version, rows.Count, rows.Sum(entry => (long)entry.Digest)), library.Counters);
                Assert.Equal(saved.Counters, library.Counters);
            }
        }
    }, iter: 300);

    private static void Do(StateDatabase state, WatchedLibrary library, Step step)
    {
        byte[] path = Path(step.Directory);
        var key = new EntryKey(state.FindOrAddDirectory(library, path), Encoding.UTF8.GetBytes($"{step.Name}.jpg"));
        var recorded = state.Find(key);
        switch (step.Verb)
        {
            case Verb.Put:
                long version = state.NextVersion(library, TimeProvider.System);
                var entry = new Entry
                {
                    Key = key, PhotoId = Guid.NewGuid(), Version = version, Size = version, Modified = default,
                    Identity = new FileIdentity((ulong)version, 1, 0), Digest = 0,
                };
                state.Put(library, recorded, entry.At(key.Path(path), version));
                break;
            case Verb.Remove when recorded is not null:
                state.Remove(library, recorded);
                break;
            case Verb.Gone when recorded is not null:
                state.Remove(library, recorded);
                state.Remember(recorded, DateTimeOffset.UnixEpoch);
                break;
            case Verb.Keep when recorded is not null:
                state.Put(library, recorded, recorded with { IsMissing = true });
                break;
            case Verb.Move:
                Move(state, library, new DirectoryRow(key.Directory, library.Row, path), Path(step.Directory + 1));
                break;
            case Verb.Clear:
                state.RemoveEntries(library);
                break;
        }
    }

    // As a plan does, but where something is at the other path already.
    private static void Move(StateDatabase state, WatchedLibrary library, DirectoryRow directory, byte[] path)
    {
        if (state.AnyEntryBelow(library, path))
            return;
        state.MoveDirectory(directory, path);
        long version = state.NextVersion(library, TimeProvider.System);
        var told = new List<(byte[], Entry)>();
        foreach (var recorded in state.EntriesOf(directory.Row).ToList())
        {
            var entry = recorded.At(recorded.Key.Path(path), version);
            state.Update(library, recorded, entry);
            told.Add((path, entry));
        }

        Outbox.Add(state, library, FileEventKind.Moved, told, directory.Path);
    }

    private static byte[] Path(int directory) => Encoding.UTF8.GetBytes($"{directory % 3}/");
}
