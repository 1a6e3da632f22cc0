using Microsoft.Extensions.Time.Testing;
using WatchPhoto.Contracts;
using WatchPhoto.Testing;

namespace WatchPhoto.Watcher.Tests;

/// <summary>A disk that keeps whoever looks at it waiting.</summary>
public sealed class HungDiskTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly LiveWatcher _watcher;
    private TimeSpan _hangs;

    public HungDiskTests()
    {
        var faults = new OddDisk.Faults { Before = (_, _) => Hang() };
        _watcher = new LiveWatcher { Time = _time, Disk = disk => new OddDisk(disk, faults) };
    }

    public void Dispose() => _watcher.Dispose();

    [Fact]
    public void A_disk_that_did_not_answer_for_an_hour_is_not_left_alone_for_four()
    {
        _watcher.Definition = _watcher.Definition with { Watch = WatchMode.Poll };
        _watcher.Write("a.jpg");
        _watcher.Begin();
        _hangs = TimeSpan.FromHours(1);
        // It is in the first look of the next poll.
        _time.Advance(TimeSpan.FromMinutes(1));
        Wait.Until(() => _watcher.Ask(tracker => tracker.IsIdle) && _hangs == TimeSpan.Zero);

        _watcher.Write("b.jpg");
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(2, _watcher.Settled().Count);
    }

    [Fact]
    public void An_audit_goes_on_soon_after_the_disk_did_not_answer_for_an_hour()
    {
        _watcher.Write("one/a.jpg");
        _watcher.Write("two/b.jpg");
        _watcher.Begin();
        var compared = _watcher.Ask(tracker => tracker.Libraries.Single().DiskComparedAt);
        _hangs = TimeSpan.FromHours(1);
        _time.Advance(TimeSpan.FromDays(1));
        Wait.Until(() => _watcher.Ask(tracker => tracker.IsIdle) && _hangs == TimeSpan.Zero);

        // As long as it rests after ten seconds of work, and not after an hour.
        _time.Advance(TimeSpan.FromMinutes(30));
        Wait.Until(() => _watcher.Ask(tracker => tracker.Libraries.Single().DiskComparedAt > compared));
    }

    private void Hang()
    {
        var time = _hangs;
        _hangs = TimeSpan.Zero;
        _time.Advance(time);
    }
}
