using WatchPhoto.Contracts;
using WatchPhoto.EndToEnd.Tests.Harness;
using WatchPhoto.Testing;

namespace WatchPhoto.EndToEnd.Tests;

/// <summary>Each library has one owner: whoever else tells of it is not believed, whatever starts, freezes, dies or moves.</summary>
public sealed class OwnersTests(TestServers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_second_watcher_of_a_hosts_name_ends_with_one_sentence_and_the_first_goes_on()
    {
        await using var installation = await StartAsync("north");
        var library = await RegisterAsync(installation, "north", photos: 60);
        var before = await library.EqualsDiskAsync();
        using var second = installation.CreateWatcher("north");

        second.Start();
        library.Disk.Run("mv 2026/000 moved");

        Assert.Equal(1, await second.ExitAsync());
        var sentence = Assert.Single(second.Lines, IsCritical);
        Assert.Contains("Another watcher that calls itself north is running", sentence, StringComparison.Ordinal);
        Assert.Contains("Watcher__Host", sentence, StringComparison.Ordinal);
        Assert.DoesNotContain(second.Lines, line => line.Contains(library.Id, StringComparison.Ordinal));
        await library.Watcher.WritesAsync("Another watcher calls itself north, too");

        library.Disk.Run("rm moved/*1.jpg");
        var after = await library.EqualsDiskAsync();
        Assert.All(after.Where(photo => photo.Key.StartsWith("moved/", StringComparison.Ordinal)),
            photo => Assert.Equal(before[photo.Key.Replace("moved/", "2026/000/", StringComparison.Ordinal)].PhotoId, photo.Value.PhotoId));
        Assert.Equal(1, (await library.DefinitionAsync()).Epoch);
        await library.IsVerifiedAsync();
        Assert.Equal(0, await installation.CountAsync("ofOldEpochs"));
        await installation.ErrorQueueIsEmptyAsync();
    }

    [Fact]
    public async Task A_watcher_takes_over_by_itself_from_one_that_is_gone_and_photos_keep_their_ids()
    {
        await using var installation = await StartAsync("north");
        var library = await RegisterAsync(installation, "north", photos: 200);
        var before = await library.EqualsDiskAsync();
        using var second = installation.CreateWatcher("north");

        library.Watcher.Kill();
        library.Disk.Run("mv 2026/000 moved; rm 2026/001/*; printf more >> '2026/002/photo 00080.jpg'");
        second.Start();

        var after = await library.EqualsDiskAsync();
        Assert.Equal(before["2026/000/photo 00000.jpg"].PhotoId, after["moved/photo 00000.jpg"].PhotoId);
        Assert.Equal(before["2026/002/photo 00080.jpg"].PhotoId, after["2026/002/photo 00080.jpg"].PhotoId);
        Assert.Equal(before["2026/003/photo 00120.jpg"].PhotoId, after["2026/003/photo 00120.jpg"].PhotoId);
        Assert.Equal(2, (await library.DefinitionAsync()).Epoch);
        await library.IsVerifiedAsync();

        // The same state again: it has nothing to wait for.
        Assert.Equal(0, await second.TerminateAsync());
        library.Disk.Run("mv moved 'moved again'");
        second.Start();
        await library.EqualsDiskAsync();
        Assert.Equal(2, (await library.DefinitionAsync()).Epoch);
        await library.IsVerifiedAsync();
        await installation.ErrorQueueIsEmptyAsync();
    }

    [Fact]
    public async Task A_frozen_watcher_that_wakes_up_after_another_took_over_changes_nothing_and_ends()
    {
        await using var installation = await StartAsync("north");
        var library = await RegisterAsync(installation, "north", photos: 200);
        var before = await library.EqualsDiskAsync();
        using var second = installation.CreateWatcher("north");

        library.Watcher.Stop();
        library.Disk.Run("mv 2026/000 moved");
        library.Disk.AddPhotos(200, below: "added");
        second.Start();
        var after = await library.EqualsDiskAsync();
        await library.IsVerifiedAsync();
        Assert.Equal(2, (await library.DefinitionAsync()).Epoch);

        library.Watcher.Continue();
        Assert.Equal(1, await library.Watcher.ExitAsync());
        Assert.Contains(
            "Another watcher that calls itself north is running", Assert.Single(library.Watcher.Lines, IsCritical),
            StringComparison.Ordinal);
        await TellsWithOldEpochAsync(installation, library);
        await library.IsVerifiedAsync();
        var last = await library.EqualsDiskAsync();
        Assert.All(after, photo => Assert.Equal(photo.Value, last[photo.Key]));
        Assert.Equal(before["2026/000/photo 00000.jpg"].PhotoId, last["moved/photo 00000.jpg"].PhotoId);
        await installation.ErrorQueueIsEmptyAsync();
    }

    [Fact]
    public async Task Of_two_watchers_that_start_at_once_one_watches_and_the_other_ends()
    {
        await using var installation = await Installation.CreateAsync(await servers.StartAsync(Cancellation), [], indexers: 2);
        foreach (var indexer in installation.Indexers)
            indexer.Start();
        await installation.AreReadyAsync();
        var library = await RegisterAsync(installation, "north", photos: 100);
        using var one = installation.CreateWatcher("north");
        using var other = installation.CreateWatcher("north");

        one.Start();
        other.Start();

        var photos = await library.EqualsDiskAsync();
        await installation.UntilAsync(() => Task.FromResult(one.IsRunning && other.IsRunning ? "Both watchers are running." : null));
        var (left, ended) = one.IsRunning ? (one, other) : (other, one);
        Assert.Equal(1, await ended.ExitAsync());
        Assert.Single(ended.Lines, IsCritical);
        Assert.True(left.WatchedInodes().IsSupersetOf(library.Disk.DirectoryInodes()));

        library.Disk.Run("mv 2026/000 moved");
        var after = await library.EqualsDiskAsync();
        Assert.Equal(photos["2026/000/photo 00000.jpg"].PhotoId, after["moved/photo 00000.jpg"].PhotoId);
        Assert.Equal(1, (await library.DefinitionAsync()).Epoch);
        await library.IsVerifiedAsync();
        await installation.ErrorQueueIsEmptyAsync();
    }

    [Fact]
    public async Task A_watcher_that_was_the_owner_watches_on_from_its_start_while_no_indexer_is_there()
    {
        await using var installation = await StartAsync("north");
        var library = await RegisterAsync(installation, "north", photos: 50);
        await library.EqualsDiskAsync();
        Assert.Equal(0, await library.Watcher.TerminateAsync());
        foreach (var indexer in installation.Indexers)
            Assert.Equal(0, await indexer.TerminateAsync());

        library.Watcher.Start();
        await Wait.UntilAsync(
            () => library.Watcher.WatchedInodes().IsSupersetOf(library.Disk.DirectoryInodes()), "The watcher does not watch.");
        library.Disk.Run("mv 2026/000 moved");
        foreach (var indexer in installation.Indexers)
            indexer.Start();

        await library.EqualsDiskAsync();
        await library.IsVerifiedAsync();
        Assert.Equal(1, (await library.DefinitionAsync()).Epoch);
        await installation.ErrorQueueIsEmptyAsync();
    }

    [Fact]
    public async Task A_library_whose_disk_moves_to_another_host_keeps_its_photo_ids_and_the_old_host_is_ignored()
    {
        await using var installation = await StartAsync("north", "south");
        var library = await RegisterAsync(installation, "north", photos: 200);
        var before = await library.EqualsDiskAsync();

        // While it can hear nothing, the disk is changed, leaves it, and is changed again.
        library.Watcher.Stop();
        library.Disk.Run("rm 2026/004/*; mv 2026/000 moved");
        var southern = installation.CreateDisk();
        library.Disk.Run($"mv * {southern.Root}/");
        var moved = await library.MoveToAsync("south", southern);
        var there = await moved.EqualsDiskAsync();
        await moved.IsVerifiedAsync();
        Assert.Equal(160, there.Count);
        Assert.Equal(before["2026/000/photo 00000.jpg"].PhotoId, there["moved/photo 00000.jpg"].PhotoId);
        Assert.Equal(before["2026/001/photo 00040.jpg"].PhotoId, there["2026/001/photo 00040.jpg"].PhotoId);

        library.Watcher.Continue();
        await Wait.UntilAsync(
            () => !library.Watcher.WatchedInodes().Overlaps(library.Disk.DirectoryInodes()), "The old host still watches it.");
        await TellsWithOldEpochAsync(installation, library);
        southern.Run("mv moved 'moved there'");
        var last = await moved.EqualsDiskAsync();
        Assert.Equal(before["2026/000/photo 00000.jpg"].PhotoId, last["moved there/photo 00000.jpg"].PhotoId);
        await moved.IsVerifiedAsync();

        // A copy of the disk: other files at the same paths.
        var copy = installation.CreateDisk();
        southern.Run($"cp -a . {copy.Root}/");
        var copied = await (await moved.MoveToAsync("north", copy)).EqualsDiskAsync();
        Assert.All(last, photo => Assert.Equal(photo.Value.PhotoId, copied[photo.Key].PhotoId));
        Assert.Equal(3, (await library.DefinitionAsync()).Epoch);
        await installation.ErrorQueueIsEmptyAsync();
    }

    [Fact]
    public async Task Two_libraries_with_the_same_path_on_two_hosts_are_two_libraries()
    {
        await using var installation = await StartAsync("north");
        var (northern, southern) = (installation.CreateDisk(), installation.CreateDisk());
        northern.AddPhotos(80);
        southern.AddPhotos(50);
        // A host where another disk is at that path.
        using var watcher = installation.CreateWatcher("south",
            "unshare", "--mount", "--propagation", "private", "sh", "-c", "mount --bind \"$0\" \"$1\"; shift; exec \"$@\"", southern.Root,
            northern.Root);
        watcher.Start();

        var north = await installation.RegisterAsync("north", northern);
        var south = await installation.RegisterAsync("south", southern, path: northern.Root);
        var northerners = await north.EqualsDiskAsync();
        var southerners = await south.EqualsDiskAsync();
        Assert.Empty(northerners.Values.Select(photo => photo.PhotoId).Intersect(southerners.Values.Select(photo => photo.PhotoId)));

        southern.Run("mv 2026/000 moved");
        northern.Run("rm 2026/000/*");
        var after = await south.EqualsDiskAsync();
        Assert.Equal(southerners["2026/000/photo 00000.jpg"].PhotoId, after["moved/photo 00000.jpg"].PhotoId);
        await north.EqualsDiskAsync();

        await north.DeleteAsync();
        await south.IsVerifiedAsync();
        Assert.Equal(50, (await south.EqualsDiskAsync()).Count);
        await installation.ErrorQueueIsEmptyAsync();
    }

    private static bool IsCritical(string line) => line.Contains("crit: ", StringComparison.Ordinal);

    // What the former owner had sent, and comes late: it would empty the library.
    private static async Task TellsWithOldEpochAsync(Installation installation, PhotoLibrary library)
    {
        long version = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        var dropped = await installation.CountAsync("ofOldEpochs");
        foreach (var directory in new[] { "2026", "moved", "added" })
        {
            await installation.Broker.PublishAsync(BusNames.FileEventsExchange, "",
                $$"""{"libraryId":"{{library.Id}}","epoch":1,"host":"north","events":["""
                    + $$"""{"kind":"directoryRemoved","version":{{version}},"path":"{{directory}}"}]}""");
        }

        await Wait.UntilAsync(async () => await installation.CountAsync("ofOldEpochs") >= dropped + 3, "What it has sent is not counted.");
    }

    private async Task<Installation> StartAsync(params string[] hosts) =>
        await Installation.StartAsync(await servers.StartAsync(Cancellation), hosts, indexers: 2);

    private static async Task<PhotoLibrary> RegisterAsync(Installation installation, string host, int photos)
    {
        var disk = installation.CreateDisk();
        disk.AddPhotos(photos);
        return await installation.RegisterAsync(host, disk);
    }
}
