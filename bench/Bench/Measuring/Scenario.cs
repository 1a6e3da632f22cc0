namespace WatchPhoto.Bench.Measuring;

/// <summary>One question, and who is asked.</summary>
internal abstract class Scenario : IAsyncDisposable
{
    public abstract string Name { get; }

    public abstract string Title { get; }

    /// <summary>The measure that the chart shows and the ratio is of.</summary>
    public virtual string Measure => Measures.Seconds;

    /// <summary>The contender that the others' ratios are to; null: no ratio.</summary>
    public virtual string? Reference => null;

    public virtual IReadOnlyList<Target> Targets => [];

    /// <summary>Null: as many as the others.</summary>
    public virtual int? Rounds => null;

    /// <summary>Makes what the contenders need, and says who they are.</summary>
    public abstract Task<IReadOnlyList<Contender>> PrepareAsync(Workshop workshop);

    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
