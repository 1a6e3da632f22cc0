namespace WatchPhoto.EndToEnd.Tests.Harness;

/// <summary>A clock that somebody sets, as by hand: the time of day jumps, and what is measured or waited for does not.</summary>
internal sealed class SettableClock : TimeProvider
{
    private long _ahead;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _ahead));

    public void Set(TimeSpan forward) => Interlocked.Add(ref _ahead, forward.Ticks);
}
