namespace WatchPhoto.Testing;

/// <summary>
/// A clock that somebody sets, as by hand: the time of day jumps, and what is measured or waited for does not. Or time passes,
/// for both.
/// </summary>
public sealed class SettableClock : TimeProvider
{
    private long _ahead;
    private long _passed;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _ahead) + Interlocked.Read(ref _passed));

    public override long GetTimestamp() =>
        base.GetTimestamp() + Interlocked.Read(ref _passed) * (TimestampFrequency / TimeSpan.TicksPerSecond);

    public void Set(TimeSpan forward) => Interlocked.Add(ref _ahead, forward.Ticks);

    public void Pass(TimeSpan time) => Interlocked.Add(ref _passed, time.Ticks);
}
