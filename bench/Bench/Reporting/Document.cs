namespace WatchPhoto.Bench.Reporting;

/// <summary>The tables in the text about them: each between two marks, so that no figure there is anybody's memory.</summary>
internal static class Document
{
    public static void Put(string file, Result result)
    {
        string text = File.ReadAllText(file), begin = $"<!-- {result.Scenario} -->\n", end = $"<!-- end of {result.Scenario} -->";
        int start = text.IndexOf(begin, StringComparison.Ordinal), stop = text.IndexOf(end, StringComparison.Ordinal);
        if (start < 0 || stop < start)
            throw new InvalidOperationException($"{file} has no place for the scenario {result.Scenario}.");
        string table = $"{new Table(result).Text()}\n{result.Measured:yyyy-MM-dd}, {result.Machine}"
            + (result.Files is { } files ? $"; in a run of {files:N0} files instead of the usual sizes" : "") + ".\n\n"
            + $"![{result.Title}](../bench/results/{result.Scenario}.svg)\n";
        File.WriteAllText(file, string.Concat(text.AsSpan(0, start + begin.Length), table, text.AsSpan(stop)));
    }
}
