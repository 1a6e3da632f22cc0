namespace WatchPhoto.Indexer.Catalog;

/// <summary>Versions are microseconds since 1970: this is where they meet the clock.</summary>
internal static class CatalogClock
{
    /// <summary>Events of lower versions may change what is there, and create nothing.</summary>
    public static long CreateFrom(this CatalogOptions options, DateTimeOffset now) => VersionAt(now - options.TombstoneAge);

    /// <summary>Tombstones and ranges of lower versions are forgotten.</summary>
    public static long ForgetBelow(this CatalogOptions options, DateTimeOffset now) => VersionAt(now - options.TombstoneLife);

    public static DateTime TimeOf(long version) => DateTime.UnixEpoch.AddTicks(version * TimeSpan.TicksPerMicrosecond);

    private static long VersionAt(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
