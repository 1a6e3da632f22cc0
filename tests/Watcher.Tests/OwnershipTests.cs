namespace WatchPhoto.Watcher.Tests;

/// <summary>A watcher takes care of what it owns, and of nothing else.</summary>
public sealed class OwnershipTests : IDisposable
{
    private readonly LiveWatcher _watcher = new();

    public void Dispose() => _watcher.Dispose();

    [Fact]
    public void A_library_that_another_watcher_takes_over_gives_its_watches_back_and_its_ids_return_with_it()
    {
        _watcher.Write("d/a.jpg");
        _watcher.Start();
        var before = _watcher.Settled();

        _watcher.AnnounceAsIs(_watcher.Definition with { Owner = Guid.NewGuid(), Epoch = 2 });
        Assert.Empty(_watcher.Ask(tracker => tracker.Libraries));
        Assert.Equal(0, _watcher.KernelWatches);
        Assert.Empty(_watcher.Entries());

        _watcher.Announce(_watcher.Definition with { Epoch = 3 });
        Assert.Equal(before["d/a.jpg"].PhotoId, _watcher.Settled()["d/a.jpg"].PhotoId);
    }

    [Fact]
    public void A_library_that_nobody_owns_is_not_begun_but_goes_on_where_it_is_watched()
    {
        _watcher.Write("a.jpg");
        _watcher.Start();
        _watcher.Settled();

        var nobodys = _watcher.Definition with { Owner = null };
        _watcher.AnnounceAsIs(nobodys, nobodys with { Id = "other", Path = _watcher.Outside });
        Assert.Equal(["library"], _watcher.Ask(tracker => tracker.Libraries.Select(library => library.Id).ToList()));
        _watcher.Write("b.jpg");
        Assert.Equal(2, _watcher.Settled().Count);
    }

    [Fact]
    public void A_library_that_changes_only_its_owner_is_not_compared_again()
    {
        _watcher.Write("a.jpg");
        _watcher.Start();
        _watcher.Settled();
        var compared = ComparedAt();

        _watcher.AnnounceAsIs(_watcher.Definition with { Owner = null });
        _watcher.Announce(_watcher.Definition);
        _watcher.Settled();
        Assert.Equal(compared, ComparedAt());

        DateTimeOffset? ComparedAt() => _watcher.Ask(tracker => tracker.Libraries.Single().DiskComparedAt);
    }
}
