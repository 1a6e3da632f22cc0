using System.Collections.Concurrent;
using MassTransit;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Testing;

namespace WatchPhoto.Indexer.Tests;

/// <summary>An indexer whose clock is wrong, or was.</summary>
public sealed class WrongClockTests : IAsyncDisposable
{
    private readonly SettableClock _clock = new();
    private readonly ConcurrentQueue<LibrariesAnnounced> _announced = new();
    private LiveIndexer? _indexer;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private LiveIndexer Indexer => _indexer!;

    public async ValueTask DisposeAsync()
    {
        if (_indexer is not null)
            await _indexer.DisposeAsync();
    }

    [Theory]
    [InlineData(3)]
    [InlineData(3653)]
    public async Task What_was_told_while_the_clock_was_ahead_refuses_nothing_and_is_brought_back_when_the_watcher_agrees(int days)
    {
        await StartAsync();
        _clock.Set(TimeSpan.FromDays(days));
        long ahead = Now;
        var photoId = Guid.CreateVersion7();
        await Indexer.PublishAsync(Messages.Of(Messages.Created("a.jpg", photoId, ahead)));
        _clock.Set(TimeSpan.FromDays(-days));

        // The watcher goes on above it.
        await Indexer.PublishAsync(Messages.Of(Messages.Created("b.jpg", version: ahead + 1)));
        await Wait.UntilAsync(async () => (await Indexer.PathsAsync()).Count == 2);
        await AnnouncedAsync(highest => highest == ahead + 1);

        // One that says the time of before does not agree.
        await Indexer.PublishAsync(Report(_clock.GetUtcNow().AddDays(days)));
        await AnnouncedAsync(highest => highest == ahead + 1);
        await AnnouncedAsync(highest => highest == ahead + 1);
        await Wait.UntilAsync(async () =>
        {
            await Indexer.PublishAsync(Report(_clock.GetUtcNow()));
            return _announced.LastOrDefault() is { } last && last.Libraries.Single().HighestVersion <= Now;
        });
        var photos = await Indexer.PhotosAsync();
        Assert.Equal(photoId, photos[0].GetProperty("photoId").GetGuid());
        Assert.Single(Indexer.Log.Lines, line => line.Contains("are brought back to", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_clock_that_was_never_set_refuses_nothing_and_brings_nothing_back()
    {
        await StartAsync();
        long right = Now;
        await Indexer.PublishAsync(Messages.Of(Messages.Created("a.jpg", version: right)));
        await AnnouncedAsync(highest => highest == right);
        _clock.Set(DateTimeOffset.UnixEpoch - DateTimeOffset.UtcNow);

        await Indexer.PublishAsync(Messages.Of(Messages.Created("b.jpg", version: right + 1)));
        await Indexer.PublishAsync(Report(_clock.GetUtcNow()));
        await Wait.UntilAsync(async () => (await Indexer.PathsAsync()).Count == 2);
        for (int i = 0; i < 10; i++)
            await AnnouncedAsync(highest => highest == right + 1);
    }

    [Fact]
    public async Task A_clock_that_leaps_ahead_drops_no_removed_library()
    {
        await StartAsync();
        using var removed = await Indexer.Http.DeleteAsync(new Uri("/api/libraries/photos", UriKind.Relative), Cancellation);
        removed.EnsureSuccessStatusCode();
        await AnnouncedAsync(_ => true);
        _clock.Set(TimeSpan.FromDays(3653));
        for (int i = 0; i < 10; i++)
            await AnnouncedAsync(_ => true);
        _clock.Set(TimeSpan.FromDays(-3653));
        using var restored = await Indexer.Http.PostAsync(new Uri("/api/libraries/photos/restore", UriKind.Relative), null, Cancellation);
        restored.EnsureSuccessStatusCode();
    }

    [Fact]
    public async Task A_version_that_leaps_more_than_a_day_ahead_of_clock_and_catalog_is_refused_still()
    {
        await StartAsync();
        await Indexer.PublishAsync(Messages.Of(Messages.Created("a.jpg", version: Now)));
        await Wait.UntilAsync(async () => (await Indexer.PathsAsync()).Count == 1);
        long day = TimeSpan.FromDays(1).Ticks / TimeSpan.TicksPerMicrosecond;
        await Indexer.PublishAsync(Messages.Of(Messages.Created("b.jpg", version: Now + 2 * day)));
        await Indexer.PublishAsync(Messages.Of(Messages.Created("c.jpg", version: Now)));
        await Wait.UntilAsync(async () => (await Indexer.PathsAsync()).Contains("c.jpg"));
        Assert.DoesNotContain("b.jpg", await Indexer.PathsAsync());
    }

    private long Now => CatalogClock.VersionAt(_clock.GetUtcNow());

    private async Task StartAsync()
    {
        _indexer = await LiveIndexer.StartAsync(
            new Dictionary<string, string?> { ["Indexer:ClockPatience"] = "00:00:00.500" },
            bus => bus.AddHandler<LibrariesAnnounced>(context =>
            {
                _announced.Enqueue(context.Message);
                return Task.CompletedTask;
            }),
            _clock);
        await (await _indexer.ReadyAsync()).RegisterAsync();
    }

    // One that is sent from now on.
    private async Task AnnouncedAsync(Predicate<long> highest)
    {
        _announced.Clear();
        await Wait.UntilAsync(() => !_announced.IsEmpty);
        _announced.Clear();
        await Wait.UntilAsync(() => !_announced.IsEmpty);
        Assert.True(_announced.TryPeek(out var announced));
        Assert.True((announced.SentAt!.Value - _clock.GetUtcNow()).Duration() < TimeSpan.FromMinutes(1));
        Assert.True(highest(announced.Libraries.Single().HighestVersion), $"Announced is {announced.Libraries.Single().HighestVersion}.");
    }

    private static WatcherReport Report(DateTimeOffset sentAt) => new()
    {
        Host = "nas", StateId = new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]), RunId = Guid.Empty, SentAt = sentAt, WatchesUsed = 0,
        WatchesLimit = 1,
        PendingOutbox = 0, Libraries = [],
    };
}
