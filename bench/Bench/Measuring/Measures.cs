namespace WatchPhoto.Bench.Measuring;

/// <summary>What one contender showed in one round, by what was measured; the unit is part of the name.</summary>
internal sealed class Measures : Dictionary<string, double>
{
    public const string Seconds = "seconds";
    public const string Cpu = "CPU s";
    public const string Memory = "RSS MB";
}

/// <summary>One of those that are compared; its rounds alternate with the others'.</summary>
internal sealed record Contender(string Name, Func<int, Task<Measures>> MeasureAsync);

/// <summary>What must hold between medians of the same run.</summary>
/// <param name="Of">Null: the limit is in the measure's own unit; else a multiple of this contender's measure.</param>
/// <param name="OfMeasure">Null: the same measure.</param>
/// <param name="AtLeast">The limit is the lowest that will do, not the highest.</param>
internal sealed record Target(
    string Contender, string Measure, double Limit, string? Of = null, string? OfMeasure = null, bool AtLeast = false);
