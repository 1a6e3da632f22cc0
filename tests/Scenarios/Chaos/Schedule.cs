using System.Globalization;
using System.Text;

namespace WatchPhoto.Scenarios.Tests.Chaos;

internal enum Victim
{
    FirstWatcher,
    SecondWatcher,
    FirstIndexer,
    SecondIndexer,
    RabbitMq,
    MongoDb,
}

internal enum Harm
{
    /// <summary>SIGSTOP for a while.</summary>
    Freeze,

    /// <summary>SIGKILL, and started again after a while.</summary>
    Kill,

    /// <summary>A watcher, killed: its state is gone when it starts again.</summary>
    LoseState,

    /// <summary>The same, and its state is garbage.</summary>
    CorruptState,

    /// <summary>The indexers' queue is purged by hand.</summary>
    Purge,

    /// <summary>Messages of before come again, twice, and in another order.</summary>
    Repeat,

    /// <summary>The last minute's messages are replayed from the history, or the first of them.</summary>
    Replay,

    /// <summary>The broker's disk is full: it takes nothing.</summary>
    FillDisk,

    /// <summary>Everything known of photos is deleted by hand.</summary>
    EmptyPhotos,

    /// <summary>What is known of photos becomes what it was a while ago.</summary>
    RestorePhotos,

    /// <summary>No library is registered for a while.</summary>
    EmptyRegistry,
}

/// <param name="After">What passes before, in milliseconds.</param>
/// <param name="For">How long it lasts, in milliseconds.</param>
internal readonly record struct Fault(Harm Harm, int After, int For);

/// <summary>
/// What goes wrong in a round, thought up before anything happens: by victim, one thing after the other; the victims' faults
/// meet as they meet.
/// </summary>
internal sealed class Schedule
{
    private static readonly Harm[] OfWatchers = [Harm.Freeze, Harm.Kill, Harm.Kill, Harm.LoseState, Harm.CorruptState];
    private static readonly Harm[] OfIndexers = [Harm.Freeze, Harm.Kill, Harm.Kill];
    private static readonly Harm[] OfRabbitMq = [Harm.Freeze, Harm.Kill, Harm.Purge, Harm.Repeat, Harm.Replay, Harm.FillDisk];
    private static readonly Harm[] OfMongoDb = [Harm.Freeze, Harm.Kill, Harm.EmptyPhotos, Harm.RestorePhotos, Harm.EmptyRegistry];

    public Schedule(Random random)
    {
        foreach (var victim in Enum.GetValues<Victim>())
        {
            var (harms, most) = victim switch
            {
                Victim.FirstWatcher or Victim.SecondWatcher => (OfWatchers, 3),
                Victim.FirstIndexer or Victim.SecondIndexer => (OfIndexers, 4),
                Victim.RabbitMq => (OfRabbitMq, 2),
                _ => (OfMongoDb, 2),
            };
            ByVictim[victim] = [.. Enumerable.Range(0, random.Next(most + 1)).Select(_ => new Fault(
                harms[random.Next(harms.Length)],
                random.Next(4000),
                // Mostly a blink; sometimes longer than heartbeats and confirmations are waited for.
                random.Next(4) == 0 ? random.Next(5000, 20_000) : random.Next(20, 2000)))];
        }
    }

    public SortedDictionary<Victim, Fault[]> ByVictim { get; } = [];

    public IEnumerable<(Victim Victim, Harm Harm)> Harms =>
        ByVictim.SelectMany(faults => faults.Value.Select(fault => (faults.Key, fault.Harm)));

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (victim, faults) in ByVictim)
        {
            var said = faults.Select(
                fault => string.Create(CultureInfo.InvariantCulture, $"after {fault.After} ms {fault.Harm} for {fault.For} ms"));
            text.Append(CultureInfo.InvariantCulture, $"  {victim}: {string.Join(", ", said)}\n");
        }

        return text.ToString();
    }
}
