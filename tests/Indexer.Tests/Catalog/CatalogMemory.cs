using WatchPhoto.Contracts;
using static WatchPhoto.Indexer.Tests.Catalog.Events;

namespace WatchPhoto.Indexer.Tests.Catalog;

/// <summary>What every store of the catalog keeps in memory.</summary>
public abstract class CatalogMemory<TStore>(TStore store) : IClassFixture<TStore>
    where TStore : Store
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reading_takes_no_more_memory_for_more_photos()
    {
        string library = Guid.NewGuid().ToString(), text = new('m', 5000);
        foreach (var some in Enumerable.Range(0, 5000).Chunk(50))
        {
            await store.Shared.Photos.ApplyAsync(
                Message(
                    library,
                    [.. some.Select(i => Created($"{i:D5}.jpg", 1) with { Photo = new PhotoDescription { CameraModel = text } })]),
                Cancellation);
        }

        long before = 0, most = 0;
        int read = 0;
        await foreach (var photo in store.Shared.Photos.ReadAsync(library, null, null, null, Cancellation))
        {
            Assert.Equal(text, photo.Description!.CameraModel);
            if (++read == 1)
                before = GC.GetTotalMemory(forceFullCollection: true);
            else if (read % 1000 == 0)
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true));
        }

        Assert.Equal(5000, read);
        Assert.InRange(most - before, long.MinValue, 25_000_000); // all of them would be 50 MB
    }
}
