using MongoDB.Bson;
using MongoDB.Driver;
using WatchPhoto.Contracts;
using WatchPhoto.EndToEnd.Tests.Harness;
using WatchPhoto.Testing;

namespace WatchPhoto.EndToEnd.Tests;

/// <summary>What somebody emptied or lost comes back, and nothing true is missing meanwhile.</summary>
public sealed class LossesTests(LossesTests.Pair pair) : IClassFixture<LossesTests.Pair>, IAsyncLifetime
{
    private static readonly string[] Collections = ["registers", "ranges", "libraries", "verifications", "watchers", "catalog"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Installation Installation => pair.Installation;

    private IMongoCollection<BsonDocument> Registry => Installation.Database.GetCollection<BsonDocument>("libraries");

    public async ValueTask InitializeAsync() => await Installation.MendAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task An_emptied_registry_makes_no_watcher_let_go()
    {
        var library = await RegisterAsync(photos: 100);
        var before = await library.EqualsDiskAsync();

        var backup = await Registry.Find(new BsonDocument()).ToListAsync(Cancellation);
        await Registry.DeleteManyAsync(new BsonDocument(), Cancellation);
        // Who watches this one has been told of a registry without the other.
        var later = Installation.CreateDisk();
        later.AddPhotos(1);
        await (await Installation.InsertAsync(library.Host, later)).EqualsDiskAsync();
        Assert.Superset(library.Disk.DirectoryInodes(), library.Watcher.WatchedInodes());
        library.Disk.Run("mv 2026/000 moved; rm 2026/001/*");
        library.Disk.AddPhotos(5, below: "added");
        await Registry.InsertManyAsync(backup, cancellationToken: Cancellation);

        // What was told in between was refused, and can be moved back; or the proof finds it missing.
        var after = await library.EqualsDiskAsync();
        Assert.Equal(before["2026/000/photo 00000.jpg"].PhotoId, after["moved/photo 00000.jpg"].PhotoId);
        await library.IsVerifiedAsync();
        await Installation.Broker.MoveMessagesAsync(BusNames.IndexerErrorQueue, BusNames.IndexerQueue);
        await library.IsVerifiedAsync();
        await Installation.ErrorQueueIsEmptyAsync();
        Assert.Equal(after.Values.Select(photo => photo.PhotoId), (await library.EqualsDiskAsync()).Values.Select(photo => photo.PhotoId));
    }

    [Fact]
    public async Task An_emptied_registry_puts_nothing_into_the_error_queue_while_the_disk_is_quiet()
    {
        var library = await RegisterAsync(photos: 20);
        await library.EqualsDiskAsync();
        await library.IsVerifiedAsync();

        var backup = await Registry.Find(new BsonDocument()).ToListAsync(Cancellation);
        await Registry.DeleteManyAsync(new BsonDocument(), Cancellation);
        var later = Installation.CreateDisk();
        later.AddPhotos(1);
        var other = await Installation.InsertAsync(library.Host, later);
        await other.EqualsDiskAsync();
        // Both are proven again and again.
        await other.IsVerifiedAsync();
        await other.IsVerifiedAsync();
        await Registry.InsertManyAsync(backup, cancellationToken: Cancellation);

        await library.IsVerifiedAsync();
        await library.EqualsDiskAsync();
        await Installation.ErrorQueueIsEmptyAsync();
    }

    [Fact]
    public async Task Photos_emptied_in_the_database_come_back_with_their_ids()
    {
        var library = await RegisterAsync(photos: 300);
        var before = await library.EqualsDiskAsync();

        await Installation.Database.GetCollection<BsonDocument>("registers").DeleteManyAsync(
            new BsonDocument("library", library.Id), Cancellation);

        var after = await library.EqualsDiskAsync();
        Assert.Equal(before.Values.Select(photo => photo.PhotoId), after.Values.Select(photo => photo.PhotoId));
        await library.IsVerifiedAsync();
        await Installation.ErrorQueueIsEmptyAsync();
    }

    [Fact]
    public async Task A_queue_purged_by_hand_loses_nothing()
    {
        var library = await RegisterAsync(photos: 100);
        var before = await library.EqualsDiskAsync();

        foreach (var indexer in Installation.Indexers)
            Assert.Equal(0, await indexer.TerminateAsync());
        library.Disk.Run("mv 2026/000 moved; rm 2026/001/*");
        library.Disk.AddPhotos(200, below: "added");
        await Installation.UntilAsync(
            async () => await Installation.Broker.ReadAsync(BusNames.IndexerQueue) is { Count: > 0 } ? null : "Nothing is in the queue.");
        await Installation.Broker.PurgeAsync(BusNames.IndexerQueue);
        foreach (var indexer in Installation.Indexers)
            indexer.Start();

        var after = await library.EqualsDiskAsync();
        Assert.Equal(before["2026/000/photo 00000.jpg"].PhotoId, after["moved/photo 00000.jpg"].PhotoId);
        await library.IsVerifiedAsync();
        await Installation.ErrorQueueIsEmptyAsync();
    }

    [Fact]
    public async Task A_watcher_that_lost_its_state_learns_it_from_the_catalog_and_no_photo_is_missing_meanwhile()
    {
        var library = await RegisterAsync(photos: 1_500);
        var before = await library.EqualsDiskAsync();
        await library.IsVerifiedAsync();

        Assert.Equal(0, await library.Watcher.TerminateAsync());
        Directory.Delete(library.Watcher.StateDirectory, recursive: true);
        library.Disk.Run("mv 2026/000 moved; rm 2026/001/*; printf more >> '2026/002/photo 00080.jpg'");
        library.Disk.AddPhotos(5, below: "added");
        library.Watcher.Start();

        var untouched = before.Keys.Where(path => !path.StartsWith("2026/000/", StringComparison.Ordinal)
            && !path.StartsWith("2026/001/", StringComparison.Ordinal)).ToHashSet();
        await Installation.UntilAsync(async () =>
        {
            var photos = await library.PhotosAsync();
            var there = photos.Select(photo => photo.Path).ToHashSet();
            // Those that moved are not asked for here: the list is no snapshot, and another indexer may apply the removal of
            // their directory before the moves. Where they end, and under which id, is checked below.
            Assert.Subset(there, untouched);
            return there.Contains("added/000/photo 00004.jpg") && !there.Contains("2026/001/photo 00079.jpg")
                ? null
                : "The watcher has not compared its disk.";
        });

        var after = await library.EqualsDiskAsync();
        Assert.All(untouched, path => Assert.Equal(before[path].PhotoId, after[path].PhotoId));
        Assert.Equal(before["2026/000/photo 00000.jpg"].PhotoId, after["moved/photo 00000.jpg"].PhotoId);
        await library.IsVerifiedAsync();
        await Installation.ErrorQueueIsEmptyAsync();
    }

    [Fact]
    public async Task A_catalog_restored_to_an_older_backup_becomes_equal_again_with_the_same_ids()
    {
        var library = await RegisterAsync(photos: 200);
        await library.EqualsDiskAsync();
        await library.IsVerifiedAsync();
        var backup = await DumpAsync();

        library.Disk.Run("mv 2026/000 moved; rm -r 2026/001; printf more >> '2026/002/photo 00080.jpg'");
        library.Disk.AddPhotos(50, below: "added");
        var later = await RegisterAsync(photos: 20);
        var before = await library.EqualsDiskAsync();
        var laterBefore = await later.EqualsDiskAsync();
        await later.IsVerifiedAsync();
        await RestoreAsync(backup);

        var after = await library.EqualsDiskAsync();
        Assert.Equal(before.Values.Select(photo => photo.PhotoId), after.Values.Select(photo => photo.PhotoId));
        await library.IsVerifiedAsync();
        // The backup does not know it. Registered again, it is what it was.
        await Installation.RegisterAsync(later.Host, later.Disk, later.Id);
        var laterAfter = await later.EqualsDiskAsync();
        Assert.Equal(laterBefore.Values.Select(photo => photo.PhotoId), laterAfter.Values.Select(photo => photo.PhotoId));
        await later.IsVerifiedAsync();
        await Installation.ErrorQueueIsEmptyAsync();
    }

    [Fact]
    public async Task A_watcher_that_lost_its_state_while_the_disk_is_unmounted_deletes_nothing()
    {
        var library = await RegisterAsync(photos: 1_500);
        var before = await library.EqualsDiskAsync();
        await library.IsVerifiedAsync();

        Assert.Equal(0, await library.Watcher.TerminateAsync());
        Directory.Delete(library.Watcher.StateDirectory, recursive: true);
        // What is left of an unmounted disk is the empty directory it was mounted on.
        library.Disk.Run("mv ../photos ../disk; mkdir ../photos");
        library.Watcher.Start();
        await Installation.UntilAsync(async () => await library.StateAsync() is "held" or "offline" ? null : "It is not held.");
        Assert.Equal(before.Keys, (await library.PhotosAsync()).Select(photo => photo.Path));

        library.Disk.Run("cd ..; rmdir photos; mv disk photos; cd photos; mv 2026/000 moved");
        var after = await library.EqualsDiskAsync();
        Assert.Equal(before["2026/000/photo 00000.jpg"].PhotoId, after["moved/photo 00000.jpg"].PhotoId);
        Assert.Equal(before["2026/001/photo 00040.jpg"].PhotoId, after["2026/001/photo 00040.jpg"].PhotoId);
        await library.IsVerifiedAsync();
        await Installation.ErrorQueueIsEmptyAsync();
    }

    // As mongodump and mongorestore --drop do.
    private async Task<Dictionary<string, List<BsonDocument>>> DumpAsync()
    {
        var backup = new Dictionary<string, List<BsonDocument>>();
        foreach (var name in Collections)
            backup[name] = await Installation.Database.GetCollection<BsonDocument>(name).Find(new BsonDocument()).ToListAsync(Cancellation);
        return backup;
    }

    private async Task RestoreAsync(Dictionary<string, List<BsonDocument>> backup)
    {
        foreach (var (name, documents) in backup)
        {
            var collection = Installation.Database.GetCollection<BsonDocument>(name);
            await collection.DeleteManyAsync(new BsonDocument(), Cancellation);
            if (documents.Count == 0)
                continue;
            // Meanwhile the indexers write: what is there again already is replaced, too.
            var restored = documents.Select(
                document => new ReplaceOneModel<BsonDocument>(
                    new BsonDocument("_id", document["_id"]), document) { IsUpsert = true }).ToList();
            await Installation.UntilAsync(async () =>
            {
                try
                {
                    await collection.BulkWriteAsync(restored, new() { IsOrdered = false }, Cancellation);
                    return null;
                }
                catch (MongoBulkWriteException<BsonDocument> lost) when (
                    lost.WriteErrors.All(error => error.Category == ServerErrorCategory.DuplicateKey))
                {
                    return "An indexer has written it between the look and the write.";
                }
            });
        }
    }

    private async Task<PhotoLibrary> RegisterAsync(int photos)
    {
        var disk = Installation.CreateDisk();
        disk.AddPhotos(photos);
        return await Installation.RegisterAsync("north", disk);
    }

    public sealed class Pair(TestServers servers) : IAsyncLifetime
    {
        internal Installation Installation { get; private set; } = null!;

        public async ValueTask InitializeAsync() =>
            Installation = await Installation.StartAsync(await servers.StartAsync(), ["north"], indexers: 2);

        public ValueTask DisposeAsync() => Installation.DisposeAsync();
    }
}
