using WatchPhoto.Testing;

namespace WatchPhoto.Watcher.Tests;

/// <summary>Globs that an older version took, and that nobody can match: they keep nothing else from going on.</summary>
public sealed class OldGlobsTests : IDisposable
{
    private readonly LiveWatcher _watcher = new();

    public void Dispose() => _watcher.Dispose();

    [Fact]
    public void A_state_that_holds_bad_globs_refuses_the_library_keeps_its_entries_and_goes_on_when_they_are_corrected()
    {
        _watcher.Write("d/a.jpg");
        _watcher.Start();
        var before = _watcher.Settled();
        _watcher.Stop();

        _watcher.Keep(_watcher.Definition with { Exclude = ["["] });
        _watcher.StartUnannounced();
        Wait.Until(() => _watcher.Ask(tracker => tracker.Refused.Count == 1 && tracker.Libraries.Single().Offline is not null));
        Assert.Contains("The glob '['", _watcher.Ask(tracker => tracker.Refused["library"]), StringComparison.Ordinal);

        // Again and again the roots are looked after; it is not begun by that.
        var other = _watcher.Definition with { Id = "other", Path = _watcher.Outside };
        _watcher.Announce(_watcher.Definition with { Exclude = ["["] }, other);
        Wait.Until(() => _watcher.Ask(tracker => tracker.Libraries.Single(library => library.Id == "other").DiskComparedAt is not null));
        for (int i = 0; i < 10; i++)
        {
            Assert.Null(_watcher.Ask(tracker => tracker.Libraries.Single(library => library.Id == "library").Root));
            Thread.Sleep(30);
        }

        Assert.Contains("d/a.jpg", _watcher.Entries());

        _watcher.Announce(_watcher.Definition, other);
        _watcher.Write("d/b.jpg");
        Assert.Equal(before["d/a.jpg"].PhotoId, _watcher.Settled()["d/a.jpg"].PhotoId);
        Assert.Empty(_watcher.Ask(tracker => tracker.Refused));
    }

    [Fact]
    public void A_name_of_200_letters_and_stars_between_letters_keep_nobody_waiting()
    {
        _watcher.Definition = _watcher.Definition with { Include = ["*a*a*a*a*b", "**/**/**/**/**/*.jpg", "x/**/y/**/z/**/*a*a*a*a*b"] };
        _watcher.Write(new string('a', 200));
        _watcher.Write("x/y/z/" + new string('a', 200));
        _watcher.Write("x/y/z/a.jpg");
        _watcher.Start();
        Wait.Until(() => _watcher.Entries().ContainsKey("x/y/z/a.jpg"));
        Assert.Single(_watcher.Entries());
    }
}
