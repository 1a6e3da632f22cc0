using WatchPhoto.Contracts;
using static WatchPhoto.Indexer.Tests.Catalog.Events;

namespace WatchPhoto.Indexer.Tests.Catalog;

/// <summary>What every store does alike with libraries and the watchers' reports.</summary>
public abstract class RegistryConformance<TStore>(TStore store) : IAsyncLifetime, IClassFixture<TStore>
    where TStore : Store
{
    private OpenCatalog? _catalog;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private OpenCatalog Catalog => _catalog!;

    public async ValueTask InitializeAsync() => _catalog = await store.OpenNewAsync();

    public async ValueTask DisposeAsync()
    {
        await Catalog.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_library_is_announced_as_it_was_added_and_as_it_was_replaced()
    {
        var library = Library("photos") with { Include = ["**/*.jpg", "$a.b"], Exclude = [], Epoch = 3, Kind = "mirror", Backend = "s3" };
        Assert.True(await Catalog.Libraries.AddAsync(library, Cancellation));
        Assert.False(await Catalog.Libraries.AddAsync(Library("photos"), Cancellation));
        Same(library, Assert.Single((await AnnouncedAsync()).Libraries));

        var removed = library with { Include = null, Exclude = ["x"], Epoch = 4, RemovedAt = Now };
        Assert.True(await Catalog.Libraries.ReplaceAsync(removed, Cancellation));
        Same(removed, Assert.Single((await AnnouncedAsync()).Libraries));
        Assert.False(await Catalog.Libraries.ReplaceAsync(Library("unknown"), Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => Catalog.Libraries.AddAsync(Library("a/b"), Cancellation));
    }

    [Fact]
    public async Task Only_a_removed_library_can_be_dropped()
    {
        await Catalog.Libraries.AddAsync(Library("photos"), Cancellation);
        Assert.False(await Catalog.Libraries.DropAsync("photos", Cancellation));
        Assert.False(await Catalog.Libraries.DropAsync("unknown", Cancellation));
        await Catalog.Libraries.ReplaceAsync(Library("photos") with { RemovedAt = Now }, Cancellation);
        long revision = (await AnnouncedAsync()).Revision;

        Assert.True(await Catalog.Libraries.DropAsync("photos", Cancellation));
        Assert.Empty((await AnnouncedAsync()).Libraries);
        Assert.True((await AnnouncedAsync()).Revision > revision);
    }

    [Fact]
    public async Task The_revision_grows_with_every_change_by_hand_too_and_only_then()
    {
        var first = await AnnouncedAsync();
        Assert.NotEqual(Guid.Empty, first.CatalogId);
        List<long> revisions = [first.Revision];

        await Catalog.Libraries.AddAsync(Library("one"), Cancellation);
        revisions.Add((await AnnouncedAsync()).Revision);
        await Catalog.Libraries.ReplaceAsync(Library("one") with { Name = "other" }, Cancellation);
        revisions.Add((await AnnouncedAsync()).Revision);
        await store.WriteByHandAsync(Catalog, "two", "/by/hand");
        revisions.Add((await AnnouncedAsync()).Revision);
        Assert.Equal(revisions.Order().Distinct(), revisions);

        await Catalog.Photos.ApplyAsync(Message("one", Created("a.jpg", 1)), Cancellation);
        var last = await AnnouncedAsync();
        Assert.Equal((first.CatalogId, revisions[^1]), (last.CatalogId, last.Revision));
    }

    [Fact]
    public async Task While_the_libraries_change_a_revision_means_one_list_and_a_newer_one_never_an_older_list()
    {
        using var done = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 6).Select(_ => Task.Run(async () =>
        {
            List<(long, int)> seen = [];
            while (!done.IsCancellationRequested)
            {
                var announced = await AnnouncedAsync();
                seen.Add((announced.Revision, announced.Libraries.Count));
            }

            return seen;
        })).ToList();
        for (int i = 0; i < 60; i++)
            await Catalog.Libraries.AddAsync(Library($"library{i}"), Cancellation);
        await done.CancelAsync();

        var all = (await Task.WhenAll(readers)).SelectMany(seen => seen).Distinct().Order().ToList();
        Assert.Equal(all.OrderBy(pair => pair.Item2).ThenBy(pair => pair.Item1), all);
        Assert.Equal(all.Select(pair => pair.Item1).Distinct(), all.Select(pair => pair.Item1));
        Assert.Equal(60, (await AnnouncedAsync()).Libraries.Count);
    }

    [Fact]
    public async Task A_library_tells_the_highest_version_that_the_catalog_holds_of_it()
    {
        foreach (string id in new[] { "created", "deleted", "removed", "nothing" })
            await Catalog.Libraries.AddAsync(Library(id), Cancellation);
        await Catalog.Photos.ApplyAsync(Message("created", Created("a.jpg", 3), Created("b.jpg", 2)), Cancellation);
        await Catalog.Photos.ApplyAsync(Message("deleted", Created("a.jpg", 3), Deleted("a.jpg", 4)), Cancellation);
        await Catalog.Photos.ApplyAsync(Message("removed", Removed("a", 5)), Cancellation);

        var announced = await AnnouncedAsync();
        Assert.Equal([("created", At(3)), ("deleted", At(4)), ("nothing", 0), ("removed", At(5))],
            announced.Libraries.Select(library => (library.Id, library.HighestVersion)));
    }

    [Fact]
    public async Task A_library_written_by_hand_needs_only_what_it_is_and_one_written_wrongly_hides_no_other()
    {
        await store.WriteByHandAsync(Catalog, "by-hand", "/by/hand");
        await store.WriteWronglyByHandAsync(Catalog, "wrong");
        await store.WriteByHandAsync(Catalog, "relative", "not/absolute");
        for (int i = 0; i < 3; i++)
        {
            Same(new Library { Id = "by-hand", Name = "By hand", Host = "nas", Path = "/by/hand" },
                Assert.Single((await AnnouncedAsync()).Libraries));
        }

        Assert.Single(Catalog.Log.Lines, line => line.Contains("library wrong", StringComparison.Ordinal));
        Assert.Single(Catalog.Log.Lines, line => line.Contains("library relative", StringComparison.Ordinal) && line.Contains("not absolute", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Of_a_watcher_the_last_report_is_kept_and_of_another_state_the_one_that_came()
    {
        var report = Report("nas", Guid.NewGuid(), Now);
        await Catalog.Watchers.SaveAsync(report, Cancellation);
        await Catalog.Watchers.SaveAsync(report with { SentAt = Now.AddTicks(-1), WatchesUsed = 99 }, Cancellation);
        Equivalent(report, Assert.Single(await Catalog.Watchers.ReadAsync(Cancellation)));

        var later = report with { SentAt = Now.AddTicks(1), WatchesUsed = 2 };
        await Catalog.Watchers.SaveAsync(later, Cancellation);
        Equivalent(later, Assert.Single(await Catalog.Watchers.ReadAsync(Cancellation)));

        var other = report with { StateId = Guid.NewGuid(), SentAt = Now.AddHours(-1) };
        await Catalog.Watchers.SaveAsync(other, Cancellation);
        await Catalog.Watchers.SaveAsync(Report("$other.host", Guid.NewGuid(), Now), Cancellation);
        var reports = await Catalog.Watchers.ReadAsync(Cancellation);
        Assert.Equal(["$other.host", "nas"], reports.Select(r => r.Host));
        Equivalent(other, reports[1]);
    }

    private static Library Library(string id) => new() { Id = id, Name = "Photos \"of\" us", Host = "nas", Path = "/srv/" + id };

    private static WatcherReport Report(string host, Guid state, DateTimeOffset sentAt) => new()
    {
        Host = host,
        StateId = state,
        SentAt = sentAt,
        WatchesUsed = 1,
        WatchesLimit = int.MaxValue,
        PendingOutbox = long.MaxValue,
        Libraries =
        [
            new()
            {
                LibraryId = "photos", Epoch = 1, State = LibraryState.Scanning, Reason = "$because it \"is\" so", Entries = 1L << 52, Directories = 3,
                Progress = new ScanProgress(1, 2, 3.5), DiskComparedAt = sentAt, Proof = new Proof(At(1), 2, 1L << 60),
            },
            new() { LibraryId = "more", Epoch = 2, State = LibraryState.Watching, Entries = 0, Directories = 0, Progress = new ScanProgress(1, 2, 3) },
        ],
        Refused = [new RefusedLibrary("third", "It is inside of photos.")],
    };

    private static void Same(Library expected, Library actual)
    {
        Assert.Equal(expected.Include, actual.Include);
        Assert.Equal(expected.Exclude, actual.Exclude);
        Assert.Equal(expected with { Include = null, Exclude = null }, actual with { Include = null, Exclude = null });
    }

    private static void Equivalent(WatcherReport expected, WatcherReport actual) => Assert.Equivalent(expected, actual, strict: true);

    private Task<LibrariesAnnounced> AnnouncedAsync() => Catalog.Libraries.ReadAsync(Cancellation);
}
