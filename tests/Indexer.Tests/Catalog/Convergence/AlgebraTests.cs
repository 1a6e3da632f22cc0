using CsCheck;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog.Algebra;

namespace WatchPhoto.Indexer.Tests.Catalog.Convergence;

/// <summary>
/// The promise of the algebra, on a store in memory. A failure prints its seed: CsCheck_Seed=... plays it again.
/// </summary>
public class AlgebraTests
{
    private const int Runs = 20_000;

    [Fact]
    public void Any_order_any_repetition_and_any_interleaving_with_crashes_gives_the_same_catalog() =>
        Gen.Select(Histories.Anything, Gen.Int, Gen.Int[1, 4], Gen.Int[0, 6]).Sample(
            (events, seed, indexers, crashes) =>
                Same(Contents.Of(events), Play(events, seed, indexers, crashes)), iter: Runs);

    [Fact]
    public void However_the_messages_travel_the_catalog_ends_equal_to_the_disk() =>
        Gen.Select(Histories.OfADisk, Gen.Int, Gen.Int[1, 4], Gen.Int[0, 6]).Sample((history, seed, indexers, crashes) =>
        {
            var contents = Play(history.Events, seed, indexers, crashes);
            var living = contents.Registers.Values.Where(r => r.Live is not null).Select(r => (r.Path, r.Live!.PhotoId));
            Assert.Equal(history.Disk.Select(file => (file.Key, Events.PhotoId(file.Value))), living);
        }, iter: Runs);

    private static void Same(Contents expected, Contents actual) => Assert.Equal(expected.ToString(), actual.ToString());

    private static Contents Play(FileEvent[] events, int seed, int indexers, int crashes)
    {
        var random = new Random(seed);
        var turns = new Turns(random, crashes);
        var store = new ModelStore(turns);
        var queue = new Queue<FileEvents>(Deliveries.Of(events, "library", random));
        turns.Play(Enumerable.Repeat<Func<Task>>(async () =>
        {
            while (queue.TryDequeue(out var message))
            {
                try
                {
                    await RegisterAlgebra.ApplyAsync(store, FoldedEvents.Of(message), createFrom: 0, CancellationToken.None);
                }
                catch (Crash)
                {
                    queue.Enqueue(message);
                }
            }
        }, indexers));
        return store.Contents;
    }
}
