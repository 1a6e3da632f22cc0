using Microsoft.Extensions.Logging.Abstractions;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Registry;
using static WatchPhoto.Indexer.Tests.Catalog.Events;

namespace WatchPhoto.Indexer.Tests.Catalog;

/// <summary>What every store does alike with libraries and the watchers' reports.</summary>
public abstract class RegistryConformance<TStore>(TStore store) : IAsyncLifetime, IClassFixture<TStore>
    where TStore : Store
{
    private static readonly TimeSpan Silence = TimeSpan.FromHours(1);

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

        var removed = library with { Include = null, Exclude = ["x"], Epoch = 4, Owner = Guid.NewGuid(), RemovedAt = Now };
        Assert.True(await Catalog.Libraries.ReplaceAsync(library, removed, Cancellation));
        Same(removed, Assert.Single((await AnnouncedAsync()).Libraries));
        Assert.False(await Catalog.Libraries.ReplaceAsync(Library("unknown"), Library("unknown"), Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => Catalog.Libraries.AddAsync(Library("a/b"), Cancellation));
    }

    [Fact]
    public async Task A_name_written_by_hand_that_is_too_long_or_has_control_characters_is_announced_as_what_a_name_may_be()
    {
        await store.WriteByHandAsync(Catalog, "by-hand", "/by/hand", "a\u001b[2J\n" + new string('x', 9_000_000));
        var announced = Assert.Single((await AnnouncedAsync()).Libraries);
        Assert.Equal("a\ufffd[2J\ufffd" + new string('x', 194), announced.Name);
        Assert.True(await Catalog.Libraries.ReplaceAsync(announced, announced with { Name = "mine" }, Cancellation));
        Assert.Equal("mine", Assert.Single((await AnnouncedAsync()).Libraries).Name);
    }

    [Fact]
    public async Task Only_a_removed_library_can_be_dropped()
    {
        await Catalog.Libraries.AddAsync(Library("photos"), Cancellation);
        Assert.False(await Catalog.Libraries.DropAsync("photos", Cancellation));
        Assert.False(await Catalog.Libraries.DropAsync("unknown", Cancellation));
        await Catalog.Libraries.ReplaceAsync(Library("photos"), Library("photos") with { RemovedAt = Now }, Cancellation);
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
        await Catalog.Libraries.ReplaceAsync(Library("one"), Library("one") with { Name = "other" }, Cancellation);
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

        var libraries = await Catalog.Photos.WithHighestVersionsAsync((await AnnouncedAsync()).Libraries, Cancellation);
        Assert.Equal([("created", At(3)), ("deleted", At(4)), ("nothing", 0), ("removed", At(5))],
            libraries.Select(library => (library.Id, library.HighestVersion)));
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
        Assert.Single(
            Catalog.Log.Lines,
            line => line.Contains("library relative", StringComparison.Ordinal) && line.Contains("not absolute", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_library_that_has_changed_hands_is_not_replaced_by_what_was_read_before()
    {
        var library = Library("photos");
        await Catalog.Libraries.AddAsync(library, Cancellation);
        var owned = library with { Owner = Guid.NewGuid() };
        Assert.True(await Catalog.Libraries.ReplaceAsync(library, owned, Cancellation));
        Assert.False(await Catalog.Libraries.ReplaceAsync(library, library with { Owner = Guid.NewGuid() }, Cancellation));

        var given = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Catalog.Libraries.ReplaceAsync(
            owned, owned with { Owner = Guid.NewGuid(), Epoch = 2 }, Cancellation))));
        Assert.Single(given, isGiven => isGiven);
        Assert.False(await Catalog.Libraries.ReplaceAsync(owned with { Epoch = 2 }, library, Cancellation));
        Assert.Equal(2, Assert.Single((await AnnouncedAsync()).Libraries).Epoch);
    }

    [Fact]
    public async Task Of_a_watcher_the_last_report_is_kept_also_when_its_clock_is_set_back()
    {
        var report = Report("nas", Guid.NewGuid(), Now);
        Assert.True(await SaveAsync(report));
        Assert.False(await SaveAsync(report with { SentAt = Now.AddTicks(-1), WatchesUsed = 99 }));
        Equivalent(report, Assert.Single(await Catalog.Watchers.ReadAsync(Cancellation)));

        var later = report with { SentAt = Now.AddTicks(1), WatchesUsed = 2 };
        Assert.False(await SaveAsync(later));
        Equivalent(later, Assert.Single(await Catalog.Watchers.ReadAsync(Cancellation)));

        var setBack = report with { SentAt = Now.AddHours(-1), WatchesUsed = 3 };
        Assert.False(await SaveAsync(setBack));
        Assert.True(await SaveAsync(Report("$other.host", Guid.NewGuid(), Now)));
        var reports = await Catalog.Watchers.ReadAsync(Cancellation);
        Assert.Equal(["$other.host", "nas"], reports.Select(r => r.Host));
        Equivalent(setBack, reports[1]);
    }

    [Fact]
    public async Task A_hosts_name_comes_to_another_state_only_when_its_watcher_was_silent_for_long_enough()
    {
        var (first, second) = (Report("nas", Guid.NewGuid(), Now), Report("nas", Guid.NewGuid(), Now));
        Assert.True(await SaveAsync(first));
        Assert.False(await SaveAsync(second));
        await store.LetPassAsync(Catalog, Silence);
        // Its word came before the silence was long enough for the other one's next report.
        Assert.False(await SaveAsync(first));
        Assert.False(await SaveAsync(second));
        Equivalent(first, Assert.Single(await Catalog.Watchers.ReadAsync(Cancellation)));

        await store.LetPassAsync(Catalog, Silence);
        Assert.True(await SaveAsync(second));
        Equivalent(second, Assert.Single(await Catalog.Watchers.ReadAsync(Cancellation)));
        Assert.False(await SaveAsync(first));
        Assert.False(await SaveAsync(second));
        Assert.Equal(second.StateId, Assert.Single(await LeasesAsync()).StateId);
    }

    [Fact]
    public async Task Hosts_that_own_nothing_are_forgotten_when_they_were_silent_for_long_enough()
    {
        var silence = TimeSpan.FromDays(1);
        await Catalog.Libraries.AddAsync(Library("photos"), Cancellation);
        await Catalog.Libraries.AddAsync(Library("removed") with { Host = "old", RemovedAt = Now }, Cancellation);
        var alive = Report("alive", Guid.NewGuid(), Now);
        foreach (var report in (WatcherReport[])[Report("nas", Guid.NewGuid(), Now), Report("old", Guid.NewGuid(), Now),
            Report("made-up", Guid.NewGuid(), Now.AddYears(7000)), alive])
            Assert.True(await SaveAsync(report));
        Assert.Equal(0, await Catalog.Watchers.ForgetSilentAsync(silence, Cancellation));
        Assert.Equal(4, (await LeasesAsync()).Count);

        await store.LetPassAsync(Catalog, silence);
        // What an indexer finds that was not there meanwhile.
        await using var later = store.Open(Catalog.Place);
        await later.Watchers.SaveAsync(alive with { SentAt = Now.AddSeconds(5) }, Silence, Cancellation);
        Assert.Equal(2, await later.Watchers.ForgetSilentAsync(silence, Cancellation));
        Assert.Equal(["alive", "nas"], (await later.Watchers.ReadAsync(Cancellation)).Select(report => report.Host));
        Assert.Equal(0, await later.Watchers.ForgetSilentAsync(silence, Cancellation));

        Assert.False(await later.Watchers.ForgetAsync("nas", Cancellation));
        Assert.True(await later.Watchers.ForgetAsync("alive", Cancellation));
        Assert.False(await later.Watchers.ForgetAsync("alive", Cancellation));
        Assert.True(await later.Watchers.SaveAsync(alive, Silence, Cancellation));
    }

    [Fact]
    public async Task Hosts_that_no_library_names_are_bounded_and_take_nothing_from_one_that_is_named()
    {
        await Catalog.Libraries.AddAsync(Library("photos"), Cancellation);
        int kept = 0;
        for (int i = 0; i < IWatcherReports.MostHostsWithoutLibraries + 10; i++)
            kept += await SaveAsync(Report($"made-up{i}", Guid.NewGuid(), Now)) ? 1 : 0;
        Assert.Equal(IWatcherReports.MostHostsWithoutLibraries, kept);
        Assert.Equal(kept, (await LeasesAsync()).Count);

        var named = Report("nas", Guid.NewGuid(), Now);
        Assert.True(await SaveAsync(named));
        Assert.False(await SaveAsync(Report("elsewhere", Guid.NewGuid(), Now)));
        Assert.Equal(kept + 1, (await LeasesAsync()).Count);

        // Nor is what they say for anybody to carry.
        var refused = Enumerable.Range(0, 500).Select(i => new RefusedLibrary($"library{i}", new string('x', 100))).ToList();
        await SaveAsync(named with { SentAt = Now.AddSeconds(1), Refused = refused });
        var madeUp = (await Catalog.Watchers.ReadAsync(Cancellation)).Single(report => report.Host == "made-up0");
        await SaveAsync(madeUp with { SentAt = Now.AddSeconds(1), Refused = refused });
        var reports = (await Catalog.Watchers.ReadAsync(Cancellation)).ToDictionary(report => report.Host);
        Assert.Equal(500, reports["nas"].Refused.Count);
        Assert.Empty(reports["made-up0"].Refused);
        Assert.Equal(Now.AddSeconds(1), reports["made-up0"].SentAt);
    }

    [Fact]
    public async Task A_silence_of_no_length_is_always_long_enough()
    {
        Assert.True(await SaveAsync(Report("nas", Guid.NewGuid(), Now)));
        Assert.True(await Catalog.Watchers.SaveAsync(Report("nas", Guid.NewGuid(), Now), TimeSpan.Zero, Cancellation));
    }

    [Fact]
    public async Task Of_many_watchers_that_start_at_once_one_has_the_name_and_of_many_that_wait_one_gets_it()
    {
        for (int round = 0; round < 5; round++)
        {
            var host = $"host{round}";
            Assert.Single(await AllAsync(host), isNew => isNew);
            await AllAsync(host);
            await store.LetPassAsync(Catalog, Silence);
            Assert.Single(await AllAsync(host), isNew => isNew);
        }

        Task<bool[]> AllAsync(string host) => Task.WhenAll(Enumerable.Range(0, 8).Select(
            _ => Task.Run(() => SaveAsync(Report(host, Guid.NewGuid(), Now)))));
    }

    [Fact]
    public async Task A_rival_is_told_to_the_names_watcher_and_its_answer_to_the_rival()
    {
        var (first, second) = (Report("nas", Guid.NewGuid(), Now), Report("nas", Guid.NewGuid(), Now));
        await SaveAsync(first);
        Assert.Equal([new HostLease("nas", first.StateId)], await LeasesAsync());
        await SaveAsync(second);
        await SaveAsync(first);
        Assert.Equal([new HostLease("nas", first.StateId, Rival: second.RunId)], await LeasesAsync());
        await SaveAsync(first with { Rival = second.RunId });
        Assert.Equal([new HostLease("nas", first.StateId, Refused: second.RunId)], await LeasesAsync());
        await SaveAsync(first);
        Assert.Equal([new HostLease("nas", first.StateId)], await LeasesAsync());

        await SaveAsync(second);
        await store.LetPassAsync(Catalog, Silence);
        await SaveAsync(second);
        Assert.Equal([new HostLease("nas", second.StateId)], await LeasesAsync());
    }

    [Fact]
    public async Task A_library_is_given_to_its_hosts_watcher_and_its_epoch_grows_when_that_is_another_one()
    {
        await Catalog.Libraries.AddAsync(Library("photos"), Cancellation);
        await Catalog.Libraries.AddAsync(Library("elsewhere") with { Host = "other" }, Cancellation);
        await Catalog.Libraries.AddAsync(Library("removed") with { RemovedAt = Now }, Cancellation);
        await store.WriteByHandAsync(Catalog, "by-hand", "/by/hand");
        var (first, second) = (Report("nas", Guid.NewGuid(), Now), Report("nas", Guid.NewGuid(), Now));
        Guid? none = null;

        Assert.Equal([("by-hand", none, 1), ("elsewhere", none, 1), ("photos", none, 1), ("removed", none, 1)], await OwnersAsync());
        await SaveAsync(first);
        Assert.Equal(
            [("by-hand", first.StateId, 1), ("elsewhere", none, 1), ("photos", first.StateId, 1), ("removed", none, 1)],
            await OwnersAsync());
        Assert.Equal(await OwnersAsync(), await OwnersAsync());

        await Catalog.Watchers.SaveAsync(second, TimeSpan.Zero, Cancellation);
        // Several indexers find out at once.
        var all = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(OwnersAsync)));
        Assert.Equal(
            [("by-hand", second.StateId, 2), ("elsewhere", none, 1), ("photos", second.StateId, 2), ("removed", none, 1)],
            await OwnersAsync());
        Assert.All(all.SelectMany(owners => owners), owner => Assert.True(owner.Epoch == 1 || owner.Owner == second.StateId));
    }

    [Fact]
    public async Task A_library_that_goes_to_another_host_is_its_watchers_from_the_next_epoch_on()
    {
        var registrations = new LibraryRegistrations(Catalog.Libraries, new RegistryChanges(), TimeProvider.System);
        await registrations.AddAsync(new LibraryDefinition { Id = "photos", Name = "Photos", Host = "nas", Path = "/srv" }, Cancellation);
        var (north, south) = (Report("nas", Guid.NewGuid(), Now), Report("south", Guid.NewGuid(), Now));
        await SaveAsync(north);
        Assert.Equal([("photos", north.StateId, 1)], await OwnersAsync());

        await registrations.ReplaceAsync("photos", new LibraryDefinition { Name = "Photos", Host = "south", Path = "/srv" }, Cancellation);
        Assert.Equal([("photos", (Guid?)null, 2)], await OwnersAsync());
        await SaveAsync(south);
        Assert.Equal([("photos", south.StateId, 2)], await OwnersAsync());

        await registrations.ReplaceAsync("photos", new LibraryDefinition { Name = "Renamed", Host = "south", Path = "/mnt" }, Cancellation);
        Assert.Equal([("photos", south.StateId, 2)], await OwnersAsync());
    }

    private async Task<List<(string Id, Guid? Owner, long Epoch)>> OwnersAsync()
    {
        var owners = new LibraryOwners(Catalog.Libraries, Catalog.Watchers, NullLogger<LibraryOwners>.Instance);
        return [.. (await owners.AssignAsync(Cancellation)).Libraries.Select(library => (library.Id, library.Owner, library.Epoch))];
    }

    private Task<bool> SaveAsync(WatcherReport report) => Catalog.Watchers.SaveAsync(report, Silence, Cancellation);

    private Task<IReadOnlyList<HostLease>> LeasesAsync() => Catalog.Watchers.ReadLeasesAsync(Cancellation);

    private static Library Library(string id) => new() { Id = id, Name = "Photos \"of\" us", Host = "nas", Path = "/srv/" + id };

    private static WatcherReport Report(string host, Guid state, DateTimeOffset sentAt) => new()
    {
        Host = host,
        StateId = state,
        RunId = Guid.NewGuid(),
        SentAt = sentAt,
        WatchesUsed = 1,
        WatchesLimit = int.MaxValue,
        PendingOutbox = long.MaxValue,
        Libraries =
        [
            new()
            {
                LibraryId = "photos", Epoch = 1, State = LibraryState.Scanning, Reason = "$because it \"is\" so", Entries = 1L << 52,
                Directories = 3,
                Progress = new ScanProgress(1, 2, 3.5, 0.25), DiskComparedAt = sentAt, Proof = new Proof(At(1), 2, 1L << 60),
            },
            new()
            {
                LibraryId = "more", Epoch = 2, State = LibraryState.Watching, Entries = 0, Directories = 0,
                Progress = new ScanProgress(1, 2, 3, 0),
            },
            new()
            {
                LibraryId = "less", Epoch = 3, State = LibraryState.Degraded, Entries = 0, Directories = 0,
                Unseen = new Unseen(22,
                [
                    new() { Directory = "$d", Reason = "It is so.", Remedy = "Do \"that\"." },
                    new() { Directory = "", Reason = "It is so.", Remedy = "Do that.", Name = "a.jpg", Names = 20 },
                    new() { Reason = "It is so.", Remedy = "Do that." },
                ]),
            },
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
