using System.Diagnostics;
using System.Globalization;
using WatchPhoto.Scenarios.Tests.Chaos;
using WatchPhoto.Testing;

namespace WatchPhoto.Scenarios.Tests;

/// <summary>
/// Random histories of real directories on two hosts, while watchers, indexers, RabbitMQ and MongoDB are killed, frozen, emptied,
/// restored and told things twice. WATCHPHOTO_CHAOS_MINUTES says how long a soak goes on, WATCHPHOTO_FIRST_SEED from which seed;
/// WATCHPHOTO_SEED=n runs the histories and faults of seed n alone.
/// </summary>
public sealed class ChaosTests(OwnServers servers) : IClassFixture<OwnServers>
{
    private const int UsualMinutes = 60;

    [Fact]
    public Task Whatever_happens_to_disks_and_servers_each_catalog_is_its_disk() =>
        RunAsync(first: 12, TimeSpan.Zero, rounds: 2, historiesOnHost: 2);

    [Fact, Trait("Category", "Soak")]
    public Task Whatever_happens_to_disks_and_servers_for_an_hour_each_catalog_is_its_disk() =>
        RunAsync(first: 1000, TimeSpan.FromMinutes(Number("WATCHPHOTO_CHAOS_MINUTES") ?? UsualMinutes), rounds: 4, historiesOnHost: 6);

    [Fact]
    public Task Whatever_comes_from_outside_meanwhile_each_catalog_is_its_disk() =>
        RunAsync(first: 30, TimeSpan.Zero, rounds: 2, historiesOnHost: 2, isBothered: true);

    [Fact, Trait("Category", "Soak")]
    public Task Whatever_comes_from_outside_for_an_hour_each_catalog_is_its_disk() =>
        RunAsync(
            first: 3000, TimeSpan.FromMinutes(Number("WATCHPHOTO_CHAOS_MINUTES") ?? UsualMinutes), rounds: 4, historiesOnHost: 6,
            isBothered: true);

    /// <param name="isBothered">Whether a stranger sends what nobody should, meanwhile.</param>
    /// <param name="atLeast">One seed after the other is run until so much time has passed.</param>
    private async Task RunAsync(int first, TimeSpan atLeast, int rounds, int historiesOnHost, bool isBothered = false)
    {
        var own = await servers.StartFaultableAsync();
        var only = Number("WATCHPHOTO_SEED");
        var directory = Directory.CreateTempSubdirectory("watchphoto-chaos-").FullName;
        var done = new List<ChaosRun>();
        List<string> differences = [];
        long started = Stopwatch.GetTimestamp();
        await using (var fleet = await Fleet.StartAsync(own))
        {
            var stranger = isBothered ? new Stranger(fleet) : null;
            var memory = new List<long>();
            int seed = only ?? Number("WATCHPHOTO_FIRST_SEED") ?? first;
            do
            {
                var run = new ChaosRun(fleet, seed++, rounds, historiesOnHost, directory, stranger);
                differences = await run.RunAsync();
                done.Add(run);
                memory.Add(fleet.MegabytesOfLargest());
                Say($"Seed {seed - 1}: {differences.Count} differences after {Minutes()} min; the largest process has {memory[^1]} MB"
                    + (stranger is null ? "." : $"; {stranger.Refused} messages were refused."));
            }
            while (differences.Count == 0 && only is null && Stopwatch.GetElapsedTime(started) < atLeast);

            if (differences.Count == 0 && memory[^1] > 2 * memory[0])
                differences.Add($"The largest process has {memory[^1]} MB, {memory[0]} MB after the first histories.");
            if (differences.Count > 0)
                Say($"What the processes wrote, their states and the catalog are in {await fleet.SaveAsync(directory)}.");
        }

        Say($"{Minutes()} min, {done.Sum(run => run.Histories.Count)} histories, "
            + $"{done.Sum(run => run.Histories.Sum(history => history.Operations))} operations, {differences.Count} differences; faults: "
            + string.Join(
                ", ",
                done.SelectMany(run => run.Harms).GroupBy(each => each).OrderBy(each => each.Key).Select(
                    each => $"{each.Key.Victim} {each.Key.Harm} {each.Count()}")));
        Assert.True(differences.Count == 0, $"{differences.Count} differences. The first:\n{differences.FirstOrDefault()}");
        Shell.Run($"rm -rf {directory}", "/");

        string Minutes() => Stopwatch.GetElapsedTime(started).TotalMinutes.ToString("0.0", CultureInfo.InvariantCulture);
    }

    private static void Say(string text) => TestContext.Current.TestOutputHelper?.WriteLine(text);

    private static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
