using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace WatchPhoto.Peers;

/// <summary>The measured part of the page.</summary>
internal sealed class Report
{
    private const string Begin = "<!-- measured: bench/peers.sh writes what is between these two lines -->", End = "<!-- end of what is measured -->";

    private readonly Dictionary<string, List<Contest>> _contests = Modes.ToDictionary(mode => mode, _ => new List<Contest>());

    public static IReadOnlyList<string> Modes { get; } = ["live", "stopped", "killed"];

    /// <summary>Scenarios that are WatchPhoto's own.</summary>
    public SortedSet<string> Own { get; } = new(StringComparer.Ordinal);

    public void Add(string mode, List<Contest> contests)
    {
        _contests[mode].AddRange(contests);
        foreach (var contest in contests)
        {
            Console.Error.WriteLine($"{mode} {contest.Scenario.Name}: {contest.Failure ?? string.Join(" | ", contest.Entrants.Select(Cell))}");
            foreach (var entrant in contest.Entrants.Where(entrant => entrant.Complaints.Any()))
                Console.Error.WriteLine($"    {entrant.Name}: {string.Join("; ", entrant.Complaints.Take(3))}");
        }
    }

    public void Print(TextWriter to) => to.Write(Measured());

    public void Write(string page)
    {
        var text = File.ReadAllText(page);
        int begin = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, end = text.IndexOf(End, StringComparison.Ordinal);
        File.WriteAllText(page, $"{text[..begin]}\n\n{Measured()}\n{text[end..]}");
    }

    private string Measured()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyy-MM-dd}, {Environment.ProcessorCount} cores, Linux {Environment.OSVersion.Version}, "
            + $"{RuntimeInformation.FrameworkDescription}. {Environment.GetEnvironmentVariable("PEERS_VERSIONS")}");
        text.AppendLine();
        foreach (var mode in Modes.Where(mode => _contests[mode].Count > 0))
        {
            var names = _contests[mode][0].Entrants.Select(entrant => entrant.Name).ToList();
            text.AppendLine(CultureInfo.InvariantCulture, $"### {char.ToUpperInvariant(mode[0])}{mode[1..]}");
            text.AppendLine();
            text.AppendLine(CultureInfo.InvariantCulture, $"| scenario | {string.Join(" | ", names)} |");
            text.AppendLine(CultureInfo.InvariantCulture, $"|---|{string.Concat(Enumerable.Repeat("---|", names.Count))}");
            foreach (var contest in _contests[mode].OrderBy(contest => contest.Scenario.Name, StringComparer.Ordinal))
                text.AppendLine(CultureInfo.InvariantCulture, $"| {contest.Scenario.Name} | {(contest.Failure is null ? string.Join(" | ", contest.Entrants.Select(Cell)) : "the steps failed")} |");
            var right = names.Select(name => _contests[mode].Count(contest => contest.Failure is null && IsRight(contest.Entrants.Single(entrant => entrant.Name == name))));
            text.AppendLine(CultureInfo.InvariantCulture, $"| **right of {_contests[mode].Count}** | {string.Join(" | ", right.Select(count => $"**{count}**"))} |");
            text.AppendLine();
        }

        text.AppendLine("### Moves");
        text.AppendLine();
        text.AppendLine("Photos that the scenarios ask for again after a move, and how many of them each contender knows again; in brackets the photos it takes for another one.");
        text.AppendLine();
        var all = _contests.Values.SelectMany(contests => contests).First().Entrants.Select(entrant => entrant.Name).ToList();
        text.AppendLine(CultureInfo.InvariantCulture, $"| | {string.Join(" | ", all)} |");
        text.AppendLine(CultureInfo.InvariantCulture, $"|---|{string.Concat(Enumerable.Repeat("---|", all.Count))}");
        foreach (var mode in Modes.Where(mode => _contests[mode].Count > 0))
        {
            var cells = all.Select(name =>
            {
                var entrants = _contests[mode].Where(contest => contest.Failure is null).Select(contest => contest.Entrants.Single(entrant => entrant.Name == name)).ToList();
                return $"{entrants.Sum(entrant => entrant.Moves.Known)} of {entrants.Sum(entrant => entrant.Moves.Of)} "
                    + $"({entrants.Sum(entrant => entrant.Others.Mistaken)} of {entrants.Sum(entrant => entrant.Others.Of)})";
            });
            text.AppendLine(CultureInfo.InvariantCulture, $"| {mode} | {string.Join(" | ", cells)} |");
        }

        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"Left out, for they are about what only WatchPhoto has (deletions that are held, its state, its API, polling): {string.Join(", ", Own)}.");
        return text.ToString();
    }

    private static bool IsRight(Entrant entrant) => entrant.NoAnswer is null && entrant.Distance.All == 0 && (entrant.BeforeAudit?.All ?? 0) == 0;

    private static string Cell(Entrant entrant)
    {
        var cell = entrant.NoAnswer is not null ? "no answer"
            : entrant.BeforeAudit is { All: > 0 } before ? $"{Words(before)}; {Words(entrant.Distance)} after the audit"
            : Words(entrant.Distance);
        return cell + (entrant.WasStartedAgain ? " ↻" : "") + (cell != "ok" && entrant.Complaints.Any() ? " !" : "");
    }

    private static string Words(Distance distance)
    {
        if (distance.All == 0)
            return "ok";
        List<string> words = [];
        if (distance.Missing > 0)
            words.Add($"{distance.Missing} missing");
        if (distance.Phantom > 0)
            words.Add($"{distance.Phantom} phantom");
        if (distance.Stale > 0)
            words.Add($"{distance.Stale} stale");
        return string.Join(", ", words);
    }
}
