using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Proving;

namespace WatchPhoto.Indexer.Tests.Api;

/// <summary>Two claims apart, and neither of a library that its watcher does not see wholly.</summary>
public sealed class ClaimsTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly Verification Known =
        new() { LibraryId = "photos", VerifiedAt = At, VerifiedVersion = 7, DiskComparedAt = At.AddHours(-1) };

    [Theory]
    [InlineData(LibraryState.Watching)]
    [InlineData(LibraryState.Polling)]
    public void A_library_that_is_seen_is_claimed_to_be_known_and_to_be_in_the_catalog(LibraryState state)
    {
        var claims = Claims.Of(Known, Report(state));
        Assert.Equal((At, 7, At.AddHours(-1)), (claims.VerifiedAt, claims.VerifiedVersion, claims.DiskComparedAt));
        Assert.Null(claims.NotClaimed);
    }

    [Theory]
    [InlineData(LibraryState.Held)]
    [InlineData(LibraryState.Offline)]
    [InlineData(LibraryState.Degraded)]
    [InlineData(LibraryState.Recovering)]
    public void Nothing_is_claimed_of_a_library_that_is_not_seen(LibraryState state)
    {
        var claims = Claims.Of(Known, Report(state));
        Assert.Equal((null, null, null), (claims.VerifiedAt, claims.VerifiedVersion, claims.DiskComparedAt));
        Assert.NotEmpty(claims.NotClaimed!);
    }

    [Fact]
    public void A_place_that_is_not_seen_is_shown_and_nothing_is_claimed_in_any_state()
    {
        var unseen = new Unseen(1, [new UnseenPlace { Directory = "d", Reason = "dark", Remedy = "light" }]);
        var claims = Claims.Of(Known, Report(LibraryState.Scanning, unseen));
        Assert.Equal((null, null, unseen), (claims.VerifiedAt, claims.DiskComparedAt, claims.Unseen));
    }

    [Fact]
    public void While_the_disk_is_compared_only_the_catalog_is_claimed()
    {
        var claims = Claims.Of(Known, Report(LibraryState.Scanning));
        Assert.Equal((At, null), (claims.VerifiedAt, claims.DiskComparedAt));
        Assert.Contains("compared", claims.NotClaimed, StringComparison.Ordinal);
        Assert.Null(Claims.Of(Known, report: null).DiskComparedAt);
    }

    [Fact]
    public void Nothing_is_claimed_of_a_library_that_its_watcher_refuses()
    {
        var claims = Claims.Of(
            Known, Report(LibraryState.Watching) with { Libraries = [], Refused = [new RefusedLibrary("photos", "It is another's.")] });
        Assert.Equal((null, null, "It is another's."), (claims.VerifiedAt, claims.DiskComparedAt, claims.NotClaimed));
    }

    private static WatcherReport Report(LibraryState state, Unseen? unseen = null) => new()
    {
        Host = "nas",
        StateId = Guid.NewGuid(),
        RunId = Guid.NewGuid(),
        SentAt = At,
        WatchesUsed = 1,
        WatchesLimit = 2,
        PendingOutbox = 0,
        Libraries =
            [new() { LibraryId = "photos", Epoch = 1, State = state, Reason = "Because.", Entries = 1, Directories = 1, Unseen = unseen }],
    };
}
