using System.Globalization;
using WatchPhoto.Scenarios.Tests.Model;

namespace WatchPhoto.Scenarios.Tests;

/// <summary>
/// Random histories against the watcher's inside on a model of a machine. WATCHPHOTO_SEED=n runs history n alone;
/// WATCHPHOTO_STEPS says how many operations a run has in all.
/// </summary>
public sealed class ModelTests
{
    private const int StepsOfOne = 150;

    [Fact]
    public void Whatever_happens_the_state_is_the_disk() => Run(steps: 30_000);

    [Fact]
    public void Files_that_move_while_they_are_looked_at_keep_their_photo_ids() =>
        Run(steps: 30_000, new Hardships { Races = true, OnlyMoves = true });

    [Theory]
    // A directory left and came back between two looks; meanwhile its files were found elsewhere, or missed where another was.
    [InlineData(643)]
    [InlineData(6949)]
    [InlineData(73273)]
    [InlineData(300135)]
    [InlineData(322091)]
    [InlineData(502122)]
    // Two nodes were one directory, and the one that went took the watch along.
    [InlineData(20039)]
    // Of two comparisons each saw one half of an exchange.
    [InlineData(2111)]
    [InlineData(22013)]
    public void A_history_that_once_went_wrong(int seed)
    {
        using var history = new ModelHistory(seed, new Hardships { Races = true, OnlyMoves = true });
        history.Run(StepsOfOne);
    }

    [Theory]
    // A comparison decided while an older one still had names to look at.
    [InlineData(177)]
    [InlineData(264)]
    [InlineData(345)]
    [InlineData(360)]
    // What a comparison had asked for came before what had been heard of.
    [InlineData(21948)]
    [InlineData(22845)]
    [InlineData(22914)]
    public void A_history_that_went_wrong_where_each_step_ends_after_one_look(int seed)
    {
        using var history = new ModelHistory(seed, new Hardships { Races = true, OnlyMoves = true }) { ShortSteps = true };
        history.Run(StepsOfOne);
    }

    [Fact, Trait("Category", "Soak")]
    public void Whatever_happens_a_million_times_the_state_is_the_disk() => Run(steps: 1_000_000);

    private static void Run(int steps, Hardships? hardships = null)
    {
        steps = Number("WATCHPHOTO_STEPS") ?? steps;
        int first = Number("WATCHPHOTO_SEED") ?? (Number("WATCHPHOTO_FIRST_SEED") ?? 1);
        int done = 0, histories = 0;
        var failures = new List<string>();
        for (int seed = first; done < steps; seed++)
        {
            using var history = new ModelHistory(seed, hardships)
            {
                Verbose = Number("WATCHPHOTO_SEED") is not null,
                ShortSteps = seed % 3 == 0,
            };
            try
            {
                history.Run(StepsOfOne);
            }
            catch (InvalidOperationException exception)
            {
                failures.Add(exception.Message);
            }

            done += Math.Max(1, history.Done);
            histories++;
            if (Number("WATCHPHOTO_SEED") is not null || failures.Count >= 20)
                break;
        }

        TestContext.Current.SendDiagnosticMessage($"{histories} histories, {done} operations, {failures.Count} with differences");
        Assert.True(failures.Count == 0, $"{failures.Count} of {histories} histories failed. The first:\n{failures.FirstOrDefault()}\n"
            + string.Join('\n', failures.Select(failure => failure.Split('\n')[0])));
    }

    private static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
