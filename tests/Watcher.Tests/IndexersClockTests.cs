using WatchPhoto.Testing;
using WatchPhoto.Watcher.Libraries;

namespace WatchPhoto.Watcher.Tests;

/// <summary>Which time a watcher tells versions by, when clocks differ.</summary>
public sealed class IndexersClockTests
{
    private static readonly Guid First = new("00000000-0000-0000-0000-000000000001");
    private static readonly Guid Second = new("00000000-0000-0000-0000-000000000002");
    private static readonly Guid Third = new("00000000-0000-0000-0000-000000000003");

    private readonly SettableClock _host = new();
    private readonly IndexersClock _clock;

    public IndexersClockTests() => _clock = new IndexersClock(_host);

    [Theory]
    [InlineData(-11)]
    [InlineData(0)]
    [InlineData(11)]
    public void Clocks_that_differ_by_less_than_half_a_day_are_left_as_they_are(int hours)
    {
        _clock.See(First, DateTimeOffset.UtcNow.AddHours(hours));
        Same(_host.GetUtcNow(), _clock.GetUtcNow());
        Assert.Null(_clock.Problem);
    }

    [Theory]
    [InlineData(3, "3 days ahead of")]
    [InlineData(3653, "10 years ahead of")]
    [InlineData(-3, "3 days behind")]
    [InlineData(-20785, "57 years behind")]
    public async Task A_clock_that_the_indexer_contradicts_is_not_gone_by_and_said_to_be_wrong_until_it_is_right(int days, string wrong)
    {
        _clock.See(First, DateTimeOffset.UtcNow);
        _host.Set(TimeSpan.FromDays(days));
        // At once: nobody has to be heard first.
        Same(DateTimeOffset.UtcNow, _clock.GetUtcNow());

        await UntilAsync(
            () => _clock.Problem?.Reason.StartsWith(
                $"The clock of this host is {wrong} the indexers' (", StringComparison.Ordinal) == true, First);
        Assert.Contains("set the one right that is wrong", _clock.Problem!.Remedy, StringComparison.Ordinal);

        _host.Set(TimeSpan.FromDays(-days));
        _clock.See(First, DateTimeOffset.UtcNow);
        Assert.Null(_clock.Problem);
        Same(_host.GetUtcNow(), _clock.GetUtcNow());
    }

    [Theory]
    [InlineData(3)]
    [InlineData(-3)]
    [InlineData(-20785)]
    public void One_wrong_indexer_of_several_is_of_no_matter(int days)
    {
        _clock.See(First, DateTimeOffset.UtcNow.AddDays(days));
        _clock.See(Second, DateTimeOffset.UtcNow);
        Same(_host.GetUtcNow(), _clock.GetUtcNow());
        _clock.See(Third, DateTimeOffset.UtcNow);
        Same(_host.GetUtcNow(), _clock.GetUtcNow());

        // Nor does it help a host that is as wrong.
        _host.Set(TimeSpan.FromDays(days));
        Same(DateTimeOffset.UtcNow, _clock.GetUtcNow());
    }

    [Fact]
    public async Task An_indexer_that_has_not_been_set_since_its_machine_started_is_not_gone_by()
    {
        var indexer = new SettableClock();
        indexer.Set(DateTimeOffset.UnixEpoch - DateTimeOffset.UtcNow);
        await UntilAsync(() => _clock.Problem is not null, First, indexer);
        Same(_host.GetUtcNow(), _clock.GetUtcNow());
        Assert.Equal(long.MaxValue, new IndexersClock(indexer).HighestVersion);
    }

    [Fact]
    public void An_announcement_that_waited_in_a_frozen_process_says_nothing()
    {
        _clock.See(First, DateTimeOffset.UtcNow.AddDays(-2));
        _clock.See(First, DateTimeOffset.UtcNow.AddDays(-1));
        Assert.Null(_clock.Problem);
        _clock.See(First, DateTimeOffset.UtcNow);
        Assert.Null(_clock.Problem);
        Same(_host.GetUtcNow(), _clock.GetUtcNow());
    }

    [Fact]
    public void Before_an_indexer_is_heard_it_is_no_later_than_the_last_run_says()
    {
        var last = DateTimeOffset.UtcNow.AddDays(-60);
        _clock.Assume(last);
        Same(last, _clock.GetUtcNow());
        _host.Set(TimeSpan.FromDays(-100));
        Same(_host.GetUtcNow(), _clock.GetUtcNow());
        _host.Set(TimeSpan.FromDays(100));
        _clock.See(First, DateTimeOffset.UtcNow);
        Same(DateTimeOffset.UtcNow, _clock.GetUtcNow());
    }

    [Fact]
    public void A_time_that_nobody_can_mean_is_not_heard()
    {
        _clock.See(First, DateTimeOffset.MinValue);
        _clock.See(First, DateTimeOffset.MaxValue);
        Assert.False(_clock.IsKnown);
    }

    private async Task UntilAsync(Func<bool> condition, Guid indexer, TimeProvider? time = null)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!condition())
        {
            _clock.See(indexer, (time ?? TimeProvider.System).GetUtcNow());
            await Task.Delay(50, patience.Token);
        }
    }

    private static void Same(DateTimeOffset expected, DateTimeOffset actual) =>
        Assert.True((expected - actual).Duration() < TimeSpan.FromMinutes(5), $"It is {expected:u}, not {actual:u}.");
}
