using System.Globalization;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Libraries;

/// <summary>
/// The clock of this host; or, where it contradicts the indexers', theirs: a version of a wrong clock would be above all that
/// are told when it is right again. What time the indexers say is carried on by the monotonic clock, which nobody sets.
/// Of several indexers the middle one counts, so that one wrong clock among them is of no matter. Owned by the tracker's thread.
/// </summary>
internal sealed class IndexersClock(TimeProvider host) : TimeProvider
{
    /// <summary>Clocks may differ by so much. Well below the day by which indexers take versions ahead of their clocks.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromHours(12);

    private static readonly TimeSpan MostAhead = TimeSpan.FromDays(1);

    // An announcement that waited in a frozen process looks like a clock that is wrong. The next ones set that right at once.
    private static readonly TimeSpan Doubt = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(1);

    // Before this program was written. A machine without a battery for its clock starts so until the network tells it the time.
    private static readonly DateTimeOffset Earliest = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly DateTimeOffset Latest = new(2255, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly long _start = host.GetTimestamp();

    // By indexer, what its clock said at the start of this one.
    private readonly Dictionary<Guid, (DateTimeOffset AtStart, TimeSpan Heard)> _indexers = [];

    // The middle one; of an even number, the two in the middle.
    private DateTimeOffset _lower;
    private DateTimeOffset _upper;
    private long? _contradictedSince;
    private DateTimeOffset? _assumed;

    /// <summary>Whether an indexer has told its time since this program started.</summary>
    public bool IsKnown => _indexers.Count > 0;

    /// <summary>What the host's clock says, right or wrong: files that are made now have their times of it.</summary>
    public DateTimeOffset HostNow => host.GetUtcNow();

    /// <summary>Versions above this one were told by a wrong clock; none are while this one may be far behind.</summary>
    public long HighestVersion => GetUtcNow() is var now && now >= Earliest ? VersionAt(now + MostAhead) : long.MaxValue;

    /// <summary>The present time as a version.</summary>
    public long Version => VersionAt(GetUtcNow());

    /// <summary>How the host's clock contradicts the indexers', and what helps; null: it does not.</summary>
    public Trouble? Problem
    {
        get
        {
            if (_contradictedSince is not { } since || host.GetElapsedTime(since) < Doubt)
                return null;
            var (here, there) = (HostNow, Indexers(HostNow));
            return new Trouble(
                string.Create(CultureInfo.InvariantCulture,
                    $"The clock of this host is {Text((here - there).Duration())} {(here > there ? "ahead of" : "behind")} the indexers' ({here:u} here, {there:u} there)"),
                "set the one right that is wrong, and it goes on by itself");
        }
    }

    public override long TimestampFrequency => host.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => host.LocalTimeZone;

    /// <summary>
    /// Until an indexer tells its time, or none will, it is not later than if no time had passed since this one: a host's clock
    /// that is ahead tells nothing.
    /// </summary>
    public void Assume(DateTimeOffset start) => _assumed = start;

    public void BelieveHost() => _assumed = null;

    /// <summary>An indexer has told its time.</summary>
    public void See(Guid indexer, DateTimeOffset sentAt)
    {
        if (sentAt < DateTimeOffset.UnixEpoch || sentAt > Latest)
            return;
        var heard = host.GetElapsedTime(_start);
        _indexers[indexer] = (sentAt - heard, heard);
        foreach (var (other, told) in _indexers)
        {
            if (heard - told.Heard > Memory)
                _indexers.Remove(other);
        }

        var times = _indexers.Values.Select(told => told.AtStart).Order().ToList();
        (_lower, _upper) = (times[(times.Count - 1) / 2], times[times.Count / 2]);
        if (HostNow is var now && !IsContradicted(now, Indexers(now)))
            _contradictedSince = null;
        else
            _contradictedSince ??= host.GetTimestamp();
    }

    public override DateTimeOffset GetUtcNow()
    {
        var now = host.GetUtcNow();
        if (!IsKnown)
            return _assumed + host.GetElapsedTime(_start) is { } assumed && assumed < now ? assumed : now;
        return Indexers(now) is var indexers && indexers >= Earliest && IsContradicted(now, indexers) ? indexers : now;
    }

    public override long GetTimestamp() => host.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        host.CreateTimer(callback, state, dueTime, period);

    /// <summary>Whether the host's clock is more than a day away from a time at which this watcher is known to have run.</summary>
    public bool IsFarFrom(DateTimeOffset time) => (HostNow - time).Duration() > MostAhead;

    /// <summary>Whether a version is so old that an indexer may not create anything for it any more.</summary>
    public bool IsFarBehind(long version) => version < VersionAt(GetUtcNow() - MostAhead);

    public static DateTimeOffset TimeOf(long version) => DateTimeOffset.UnixEpoch.AddMicroseconds(version);

    public static long VersionAt(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    // Of two indexers that contradict each other, this host's clock decides.
    private DateTimeOffset Indexers(DateTimeOffset now)
    {
        var since = host.GetElapsedTime(_start);
        var (lower, upper) = (_lower + since, _upper + since);
        return now < lower ? lower : now > upper ? upper : now;
    }

    private static bool IsContradicted(DateTimeOffset now, DateTimeOffset indexers) => (now - indexers).Duration() > Tolerance;

    private static string Text(TimeSpan difference) => difference.TotalDays switch
    {
        < 2 => string.Create(CultureInfo.InvariantCulture, $"{difference.TotalHours:F0} hours"),
        < 730 => string.Create(CultureInfo.InvariantCulture, $"{difference.TotalDays:F0} days"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{difference.TotalDays / 365.25:F0} years"),
    };
}
