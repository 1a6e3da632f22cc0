using System.Text.Json;
using WatchPhoto.Bench.Measuring;

namespace WatchPhoto.Bench.Reporting;

/// <summary>What a scenario showed; kept as JSON.</summary>
internal sealed record Result
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public required string Scenario { get; init; }
    public required string Title { get; init; }
    public required DateOnly Measured { get; init; }
    public required string Machine { get; init; }

    /// <summary>Null: the sizes that the scenario is about.</summary>
    public required int? Files { get; init; }

    public required string Measure { get; init; }
    public required string? Reference { get; init; }
    public required IReadOnlyList<Target> Targets { get; init; }
    public required IReadOnlyList<ContenderResult> Contenders { get; init; }

    public Spread? Of(string contender, string measure) => Contenders.Single(each => each.Name == contender).Of(measure);

    public string Json() => JsonSerializer.Serialize(this, Options) + "\n";
}

internal sealed record ContenderResult(string Name, IReadOnlyList<Measures> Rounds)
{
    public IEnumerable<string> MeasureNames => Rounds.SelectMany(round => round.Keys).Distinct();

    public Spread? Of(string measure)
    {
        double[] values = [.. Rounds.Where(round => round.ContainsKey(measure)).Select(round => round[measure]).Order()];
        return values.Length == 0 ? null : new Spread(Percentile.Of(values, 0.5), values[0], values[^1]);
    }
}

internal readonly record struct Spread(double Median, double Min, double Max);

internal static class Percentile
{
    /// <param name="sorted">Ascending, at least one.</param>
    public static double Of(IReadOnlyList<double> sorted, double share)
    {
        double position = share * (sorted.Count - 1);
        int below = (int)position;
        return below + 1 == sorted.Count ? sorted[below] : sorted[below] + (sorted[below + 1] - sorted[below]) * (position - below);
    }
}
