using System.CommandLine;
using WatchPhoto.Bench.Measuring;
using WatchPhoto.Bench.Reporting;
using WatchPhoto.Bench.Scenarios;

namespace WatchPhoto.Bench;

/// <summary>The command line: which scenarios, how often, how large.</summary>
internal sealed class BenchCommand
{
    private const int UsualRounds = 5;
    private const int QuickFiles = 50_000;
    // From Ctrl-C on: the contender that is measured ends, then servers and trees go.
    private static readonly TimeSpan TidyingUp = TimeSpan.FromMinutes(2);

    private readonly Argument<string[]> _scenarios = new("SCENARIO")
    {
        Arity = ArgumentArity.ZeroOrMore, Description = "Which to run; by default all.",
    };

    private readonly Option<int?> _rounds = new("--rounds") { Description = $"How often each contender is measured (default {UsualRounds})." };

    private readonly Option<int?> _files = new("--files") { Description = "Files in the trees instead of 1,000,000; all sizes shrink with it." };

    private readonly Option<bool> _quick = new("--quick") { Description = $"To try it: 2 rounds, {QuickFiles:N0} files, and nothing is written to results/." };

    private readonly Option<bool> _document = new("--document") { Description = "Puts the tables into docs/performance.md." };

    public Task<int> RunAsync(string[] arguments)
    {
        var root = new RootCommand("Measures WatchPhoto beside what people would use instead, and beside what the machine can do.")
        {
            _scenarios, _rounds, _files, _quick, _document,
        };
        root.SetAction(RunAsync);
        return root.Parse(arguments).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TidyingUp });
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        bool quick = parsed.GetValue(_quick);
        var all = All();
        string[] names = parsed.GetValue(_scenarios)!;
        if (names.FirstOrDefault(name => all.All(scenario => scenario.Name != name)) is { } unknown)
        {
            await Console.Error.WriteLineAsync($"There is no scenario '{unknown}'; there are: {string.Join(", ", all.Select(scenario => scenario.Name))}.");
            return 1;
        }

        await using var workshop = new Workshop(
            Path.GetTempPath(), parsed.GetValue(_rounds) ?? (quick ? 2 : UsualRounds), parsed.GetValue(_files) ?? (quick ? QuickFiles : null));
        var machine = Machine.Describe(Path.GetTempPath());
        Console.WriteLine(machine);
        foreach (var scenario in all.Where(scenario => names.Length == 0 || names.Contains(scenario.Name)))
        {
            await using (scenario)
            {
                Console.Error.WriteLine($"{scenario.Name}: preparing");
                var result = await workshop.TidyAsync(() => RunAsync(scenario, workshop, machine, cancellationToken));
                Console.WriteLine($"\n{scenario.Title}\n{new Table(result).Text()}");
                if (quick)
                    continue;
                string results = Directory.CreateDirectory(Path.Combine(workshop.Repository, "bench", "results")).FullName;
                await File.WriteAllTextAsync(Path.Combine(results, scenario.Name + ".json"), result.Json(), cancellationToken);
                await File.WriteAllTextAsync(Path.Combine(results, scenario.Name + ".svg"), Chart.Svg(result), cancellationToken);
                if (parsed.GetValue(_document))
                    Document.Put(Path.Combine(workshop.Repository, "docs", "performance.md"), result);
            }
        }

        return 0;
    }

    private static async Task<Result> RunAsync(Scenario scenario, Workshop workshop, string machine, CancellationToken cancellationToken)
    {
        var contenders = await scenario.PrepareAsync(workshop);
        var samples = contenders.ToDictionary(contender => contender.Name, _ => new List<Measures>());
        // In turn, so that what else the machine does meets all of them.
        int rounds = scenario.Rounds ?? workshop.Rounds;
        for (int round = 0; round < rounds; round++)
        {
            foreach (var contender in contenders)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Console.Error.WriteLine($"{scenario.Name}: round {round + 1} of {rounds}, {contender.Name}");
                samples[contender.Name].Add(await workshop.TidyAsync(() => contender.MeasureAsync(round)));
            }
        }

        return new Result
        {
            Scenario = scenario.Name,
            Title = scenario.Title,
            Measured = DateOnly.FromDateTime(DateTime.UtcNow),
            Machine = machine,
            Files = workshop.Files,
            Measure = scenario.Measure,
            Reference = scenario.Reference,
            Targets = scenario.Targets,
            Contenders = [.. contenders.Select(contender => new ContenderResult(contender.Name, samples[contender.Name]))],
        };
    }

    private static List<Scenario> All() =>
    [
        new FirstScan(), new Restart(), new RestartChanged(), new Growth(large: false), new Import(), new ImportServers(), new Latency(),
        new LatencyInside(), new LatencyServers(), new SustainedWriter(), new Rename(), new Idle(large: false), new Idle(large: true), new Scale(),
        new Growth(large: true),
    ];
}
