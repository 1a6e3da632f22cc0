using WatchPhoto.Contracts;
using WatchPhoto.Testing;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.State;

namespace WatchPhoto.Watcher.Tests;

/// <summary>A watcher whose clock is wrong for a while; the indexer's, which announces, is right.</summary>
public sealed class WrongClockTests : IDisposable
{
    private readonly SettableClock _clock = new();
    private readonly LiveWatcher _watcher;

    public WrongClockTests()
    {
        _watcher = new LiveWatcher { Time = _clock };
        _watcher.Write("a.jpg", "a");
        _watcher.Write("b.jpg", "b");
        _watcher.Write("2026/c.jpg", "c");
    }

    public void Dispose() => _watcher.Dispose();

    [Theory]
    [InlineData(3)]
    [InlineData(3653)]
    [InlineData(-20785)]
    public async Task Nothing_is_told_by_a_clock_that_is_set_wrong_while_the_watcher_runs(int days)
    {
        _watcher.Start();
        _watcher.AnnounceAt(DateTimeOffset.UtcNow);
        var before = _watcher.Settled();

        _clock.Set(TimeSpan.FromDays(days));
        Change();
        var during = _watcher.Settled();
        Told(during, before);
        await UntilAsync(() => _watcher.Ask(tracker => tracker.ClockProblem) is not null);

        _clock.Set(TimeSpan.FromDays(-days));
        await UntilAsync(() => _watcher.Ask(tracker => tracker.ClockProblem) is null);
        _watcher.Write("2026/c.jpg", "changed");
        var after = _watcher.Settled();
        Told(after, during);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(3653)]
    public async Task A_wrong_clock_tells_nothing_before_an_indexer_is_heard(int days)
    {
        var before = Known();
        _clock.Set(TimeSpan.FromDays(days));
        Change();
        _watcher.StartUnannounced();
        await UntilAsync(() => _watcher.Entries().ContainsKey("moved.jpg"), announced: false);
        Assert.All(_watcher.Entries().Values, entry => Assert.True(entry.Version <= Now));
        // And nothing is sent.
        Assert.True(_watcher.Ask(tracker => tracker.AwaitsTime));

        await UntilAsync(() => !_watcher.Ask(tracker => tracker.AwaitsTime));
        _clock.Set(TimeSpan.FromDays(-days));
        _watcher.Write("new.jpg", "new");
        Told(await SettledAsync(), before);
        Assert.All(_watcher.Told, change => Assert.True(change.Version <= Now));
    }

    [Fact]
    public async Task A_state_that_a_wrong_clock_has_left_goes_on_by_itself_when_the_clock_is_right()
    {
        _clock.Set(TimeSpan.FromDays(3653));
        var wrong = Known();
        Assert.All(wrong.Values, entry => Assert.True(entry.Version > Now + Day));
        _clock.Set(TimeSpan.FromDays(-3653));

        // As long as the catalog has such versions as well, the watcher goes on above them.
        _watcher.StartUnannounced();
        var poisoned = _watcher.Definition with { HighestVersion = wrong.Values.Max(entry => entry.Version) };
        _watcher.AnnounceAt(DateTimeOffset.UtcNow, poisoned);
        _watcher.Write("a.jpg", "changed");
        var meanwhile = _watcher.Settled();
        Assert.True(meanwhile["a.jpg"].Version > wrong.Values.Max(entry => entry.Version));
        Assert.False(_watcher.Ask(tracker => tracker.AwaitsTime));

        await UntilAsync(() => _watcher.Entries().Values.All(entry => entry.Version <= Now));
        Change();
        Told(await SettledAsync(), wrong);
        Assert.True(_watcher.Ask(tracker => tracker.Libraries.Single().Floor <= Now));
    }

    [Fact]
    public async Task What_is_told_before_a_clock_that_starts_in_1970_is_set_is_told_again_with_versions_that_are_not_too_old()
    {
        // Known long ago, and started again by a clock that nobody has set.
        _clock.Set(TimeSpan.FromDays(-60));
        var before = Known();
        var today = TimeSpan.FromDays(60);
        _clock.Set(TimeSpan.FromDays(-20785));
        Change();
        _watcher.StartUnannounced();
        await UntilAsync(() => _watcher.Entries().ContainsKey("moved.jpg"), announced: false);
        Assert.True(_watcher.Ask(tracker => tracker.AwaitsTime));

        _clock.Set(TimeSpan.FromDays(20785) + today);
        await UntilAsync(() => !_watcher.Ask(tracker => tracker.AwaitsTime));
        Told(await SettledAsync(), before);
        Assert.All(_watcher.Entries().Values, entry => Assert.True(entry.Version > Now - Day));
        // What is old deletes all the same.
        Assert.Contains(
            _watcher.Told,
            change => change is { Kind: FileEventKind.Deleted or FileEventKind.DirectoryRemoved }
                && "2026/c.jpg".StartsWith(change.Path, StringComparison.Ordinal));
    }

    [Fact]
    public void A_library_that_is_announced_to_a_watcher_that_waits_for_the_time_is_opened_once()
    {
        Known();
        Directory.CreateDirectory(Path.Combine(_watcher.Outside, "other"));
        var other = _watcher.Definition with { Id = "other", Path = Path.Combine(_watcher.Outside, "other") };
        _clock.Set(TimeSpan.FromDays(3));
        _watcher.StartUnannounced();
        Assert.True(_watcher.Ask(tracker => tracker.AwaitsTime));
        Assert.All(_watcher.Ask(tracker => tracker.Libraries), library => Assert.Null(library.Root));

        _watcher.Announce(_watcher.Definition, other);
        _watcher.Settled();
        Assert.Equal(3, _watcher.KernelWatches);
    }

    [Fact]
    public void A_version_that_the_catalog_cannot_have_is_not_gone_on_from()
    {
        _watcher.Start();
        _watcher.AnnounceAt(DateTimeOffset.UtcNow);
        _watcher.Settled();
        _watcher.AnnounceAt(DateTimeOffset.UtcNow, _watcher.Definition with { HighestVersion = 1L << 53 });
        _watcher.Write("a.jpg", "changed");
        Assert.True(_watcher.Settled()["a.jpg"].Version <= Now);
        _watcher.Stop();
        _watcher.Write("b.jpg", "changed");
        _watcher.Start();
        Assert.True(_watcher.Settled()["b.jpg"].Version <= Now);
    }

    [Fact]
    public void What_is_remembered_outlives_a_clock_that_leaps_ahead_and_back()
    {
        _watcher.Start();
        var before = _watcher.Settled();
        Shell.Run("mv a.jpg ../outside/", _watcher.Root);
        _watcher.Settled();

        _clock.Set(TimeSpan.FromDays(3653));
        var compared = _watcher.Ask(tracker => tracker.Libraries.Single().DiskComparedAt);
        _watcher.Ask(LibraryAction.Compare);
        SpinWait.SpinUntil(() => _watcher.Ask(tracker => tracker.Libraries.Single().DiskComparedAt) != compared, TimeSpan.FromSeconds(20));
        _clock.Set(TimeSpan.FromDays(-3653));

        Shell.Run("mv ../outside/a.jpg .", _watcher.Root);
        Assert.Equal(before["a.jpg"].PhotoId, _watcher.Settled()["a.jpg"].PhotoId);
    }

    [Fact]
    public void A_disk_that_was_compared_in_the_future_is_compared_again()
    {
        _clock.Set(TimeSpan.FromDays(3653));
        _watcher.Start();
        _watcher.Settled();
        SpinWait.SpinUntil(() => ComparedAt() is not null, TimeSpan.FromSeconds(20));
        _clock.Set(TimeSpan.FromDays(-3653));

        Assert.True(
            SpinWait.SpinUntil(() => ComparedAt() <= DateTimeOffset.UtcNow, TimeSpan.FromSeconds(20)), $"It was compared {ComparedAt()}.");
    }

    private static long Day => TimeSpan.FromDays(1).Ticks / TimeSpan.TicksPerMicrosecond;

    // A version of a right clock is not above.
    private static long Now => IndexersClock.VersionAt(DateTimeOffset.UtcNow.AddMinutes(5));

    private DateTimeOffset? ComparedAt() => _watcher.Ask(tracker => tracker.Libraries.Single().DiskComparedAt);

    /// <summary>The entries as a watcher with this clock has told them, that has stopped.</summary>
    private Dictionary<string, Entry> Known()
    {
        _watcher.Start();
        var entries = _watcher.Settled();
        SpinWait.SpinUntil(() => ComparedAt() is not null, TimeSpan.FromSeconds(20));
        _watcher.Stop();
        _watcher.Told.Clear();
        return entries;
    }

    private void Change()
    {
        Shell.Run("mv b.jpg moved.jpg; rm -f 2026/c.jpg", _watcher.Root);
        _watcher.Write("a.jpg", "changed by now");
        _watcher.Write("added.jpg", "added");
    }

    // Ids are kept, and what has changed has a higher version, which no clock puts ahead or makes old.
    private static void Told(Dictionary<string, Entry> now, Dictionary<string, Entry> before)
    {
        Assert.Equal(before["a.jpg"].PhotoId, now["a.jpg"].PhotoId);
        Assert.Equal((before.GetValueOrDefault("moved.jpg") ?? before["b.jpg"]).PhotoId, now["moved.jpg"].PhotoId);
        var told = now.Values.Where(entry => before.Values.All(other => other.Version != entry.Version)).ToList();
        Assert.NotEmpty(told);
        Assert.All(told, entry => Assert.InRange(entry.Version, Now - Day, Now));
    }

    private async Task<Dictionary<string, Entry>> SettledAsync()
    {
        await UntilAsync(() => _watcher.Ask(tracker => tracker.Libraries.Single().Resync) is null);
        return _watcher.Settled();
    }

    // Meanwhile an indexer, which is right, announces.
    private async Task UntilAsync(Func<bool> condition, bool announced = true)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!condition())
        {
            if (announced)
                _watcher.AnnounceAt(DateTimeOffset.UtcNow);
            await Task.Delay(50, patience.Token);
        }
    }
}
