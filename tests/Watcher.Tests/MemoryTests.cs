using WatchPhoto.Testing;

namespace WatchPhoto.Watcher.Tests;

/// <summary>How long a photo that is gone keeps its id for its return.</summary>
public sealed class MemoryTests : IDisposable
{
    private readonly SettableClock _clock = new();
    private readonly LiveWatcher _watcher;

    public MemoryTests() => _watcher = new LiveWatcher { Time = _clock };

    public void Dispose() => _watcher.Dispose();

    [Fact]
    public void A_photo_that_comes_back_within_thirty_days_has_its_id_and_after_that_another()
    {
        _watcher.Write("a.jpg", "a");
        _watcher.Write("b.jpg", "b");
        _watcher.Start();
        var before = _watcher.Settled();
        Shell.Run("mv *.jpg ../outside/", _watcher.Root);
        Assert.Empty(_watcher.Settled());

        _clock.Set(TimeSpan.FromDays(29));
        Shell.Run("mv ../outside/a.jpg 'a again.jpg'", _watcher.Root);
        Assert.Equal(before["a.jpg"].PhotoId, _watcher.Settled()["a again.jpg"].PhotoId);

        // A restart compares everything, and forgets only what is old.
        _watcher.Stop();
        _watcher.Start();
        _watcher.Settled();
        _clock.Set(TimeSpan.FromDays(2));
        Shell.Run("mv ../outside/b.jpg 'b again.jpg'", _watcher.Root);
        Assert.NotEqual(before["b.jpg"].PhotoId, _watcher.Settled()["b again.jpg"].PhotoId);
    }

    [Fact]
    public void A_clock_set_back_changes_no_order()
    {
        _watcher.Write("a.jpg", "a");
        _watcher.Write("b.jpg", "b");
        _watcher.Start();
        var before = _watcher.Settled();

        _clock.Set(TimeSpan.FromHours(-1));
        _watcher.Write("a.jpg", "changed");
        Shell.Run("mv b.jpg c.jpg", _watcher.Root);
        var after = _watcher.Settled();
        Assert.All(after.Values, entry => Assert.True(entry.Version > before.Values.Max(earlier => earlier.Version)));
        Assert.Equal(before["a.jpg"].PhotoId, after["a.jpg"].PhotoId);
        Assert.Equal(before["b.jpg"].PhotoId, after["c.jpg"].PhotoId);

        _watcher.Stop();
        Shell.Run("mv c.jpg d.jpg", _watcher.Root);
        _watcher.Start();
        Assert.True(_watcher.Settled()["d.jpg"].Version > after.Values.Max(earlier => earlier.Version));
    }
}
