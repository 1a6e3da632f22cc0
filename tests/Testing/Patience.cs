using System.Diagnostics;

namespace WatchPhoto.Testing;

/// <summary>
/// How long something is waited for before it counts as never coming. What counts is time in which this process could look: a machine
/// that stood still, as one that is being moved does, gave what is waited for no time either.
/// </summary>
public sealed class Patience(TimeSpan limit)
{
    /// <summary>Far beyond what anything takes on a busy machine.</summary>
    public static readonly TimeSpan Usual = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan MostBetweenLooks = TimeSpan.FromSeconds(10);

    private TimeSpan _waited;
    private long _looked = Stopwatch.GetTimestamp();

    public Patience()
        : this(Usual)
    {
    }

    /// <summary>To be asked after each look.</summary>
    public bool IsOver()
    {
        var since = Stopwatch.GetElapsedTime(_looked);
        _looked = Stopwatch.GetTimestamp();
        _waited += since < MostBetweenLooks ? since : MostBetweenLooks;
        return _waited > limit;
    }
}
