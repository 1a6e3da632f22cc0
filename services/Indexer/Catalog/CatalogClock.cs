namespace WatchPhoto.Indexer.Catalog;

/// <summary>Versions are microseconds since 1970: this is where they meet the clock.</summary>
internal static class CatalogClock
{
    /// <summary>Versions may be ahead of an indexer's clock by so much: the clocks of two machines differ.</summary>
    public static readonly TimeSpan MostAhead = TimeSpan.FromDays(1);

    /// <summary>Before this program was written: a clock that says so has not been set since its machine started.</summary>
    public static readonly DateTimeOffset Earliest = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Events of lower versions may change what is there, and create nothing.</summary>
    public static long CreateFrom(this CatalogOptions options, DateTimeOffset now) => VersionAt(now - options.TombstoneAge);

    /// <summary>Tombstones and ranges of lower versions are forgotten.</summary>
    public static long ForgetBelow(this CatalogOptions options, DateTimeOffset now) => VersionAt(now - options.TombstoneLife);

    public static DateTime TimeOf(long version) => DateTime.UnixEpoch.AddTicks(version * TimeSpan.TicksPerMicrosecond);

    public static long VersionAt(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
