using System.Globalization;
using System.Text;
using WatchPhoto.Bench.Measuring;

namespace WatchPhoto.Bench.Reporting;

/// <summary>A result for people: medians with the lowest and highest of all rounds, the ratio, and whether the targets are met.</summary>
internal sealed class Table(Result result)
{
    /// <summary>Markdown, which can be read as it is.</summary>
    public string Text()
    {
        List<string> measures = [result.Measure, .. result.Contenders.SelectMany(each => each.MeasureNames).Distinct().Where(name => name != result.Measure)];
        var rows = new List<List<string>> { (List<string>)["", .. measures] };
        if (result.Reference is not null)
            rows[0].Insert(2, "ratio");
        foreach (var contender in result.Contenders)
        {
            List<string> row = [contender.Name, .. measures.Select(measure => Cell(contender.Of(measure)))];
            if (result.Reference is { } reference)
                row.Insert(2, Ratio(contender.Of(result.Measure), result.Of(reference, result.Measure)));
            rows.Add(row);
        }

        var text = new StringBuilder();
        var widths = Enumerable.Range(0, rows[0].Count).Select(column => rows.Max(row => row[column].Length)).ToList();
        foreach (var (i, row) in rows.Index())
        {
            text.Append("| ").AppendJoin(" | ", row.Select((cell, column) => column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))).AppendLine(" |");
            if (i == 0)
                text.Append("| ").AppendJoin(" | ", widths.Select((width, column) => column == 0 ? new string('-', width) : new string('-', width - 1) + ":")).AppendLine(" |");
        }

        text.AppendLine();
        foreach (var target in result.Targets)
            text.Append("- ").AppendLine(Judge(target));
        return text.ToString();
    }

    private string Judge(Target target)
    {
        string what = $"{target.Contender}: {target.Measure} {(target.AtLeast ? "at least" : "at most")} {Number(target.Limit)}"
            + (target.Of is null ? "" : $" x {target.Of}" + (target.OfMeasure is null ? "" : $"'s {target.OfMeasure}"));
        if (result.Of(target.Contender, target.Measure)?.Median is not { } median
            || (target.Of is not null && result.Of(target.Of, target.OfMeasure ?? target.Measure) is null))
            return what + ": not measured";
        double share = target.Of is null ? median : median / result.Of(target.Of, target.OfMeasure ?? target.Measure)!.Value.Median;
        bool met = target.AtLeast ? share >= target.Limit : share <= target.Limit;
        return $"{what}: {Number(share)}, {(met ? "met" : "**missed**")}";
    }

    private static string Cell(Spread? spread) => spread is not { } values ? ""
        : values.Min.Equals(values.Max) ? Number(values.Median)
        : $"{Number(values.Median)} ({Number(values.Min)}-{Number(values.Max)})";

    private static string Ratio(Spread? value, Spread? reference) => value is { } left && reference is { Median: > 0 } right
        ? Number(left.Median / right.Median) + " x" : "";

    // Three digits that count.
    internal static string Number(double value) => Math.Abs(value) switch
    {
        >= 100 => value.ToString("N0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        >= 1 => value.ToString("0.00", CultureInfo.InvariantCulture),
        0 => "0",
        _ => value.ToString("0.000", CultureInfo.InvariantCulture),
    };
}
