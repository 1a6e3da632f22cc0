using System.Globalization;
using WatchPhoto.Scenarios.Tests.Histories;
using WatchPhoto.Scenarios.Tests.Running;
using WatchPhoto.Testing;

namespace WatchPhoto.Scenarios.Tests;

/// <summary>
/// Random histories of real directories with a real watcher. WATCHPHOTO_SEED=n runs history n alone, WATCHPHOTO_HISTORIES
/// says how many a soak runs, WATCHPHOTO_FIRST_SEED from where, WATCHPHOTO_CATALOG with which catalog alone.
/// </summary>
public sealed class HistoryTests(TestServers servers)
{
    private const int SideBySide = 25;
    private const int Rounds = 3;

    [Theory]
    [InlineData("sqlite", 225, null, null)]
    [InlineData("sqlite", 25, 64, null)]
    [InlineData("sqlite", 25, null, 60)]
    [InlineData("mongo", 25, null, null)]
    public Task Whatever_happens_the_catalog_is_the_disk(string catalog, int histories, int? queue, int? watches) =>
        RunAsync(catalog, first: 1 + (queue ?? watches ?? 0) * 1000, histories, new RunAs { MostEvents = queue, MostWatches = watches });

    [Theory, Trait("Category", "Soak")]
    [InlineData("sqlite", null, null)]
    [InlineData("sqlite", 64, null)]
    [InlineData("sqlite", null, 60)]
    [InlineData("mongo", null, null)]
    public Task Whatever_happens_thousands_of_times_the_catalog_is_the_disk(string catalog, int? queue, int? watches) =>
        RunAsync(
            catalog, first: 100_000, (Number("WATCHPHOTO_HISTORIES") ?? 5000) / 4, new RunAs { MostEvents = queue, MostWatches = watches });

    private async Task RunAsync(string catalog, int first, int histories, RunAs runAs)
    {
        runAs.CheckRights();
        Assert.SkipUnless(
            (Environment.GetEnvironmentVariable("WATCHPHOTO_CATALOG") ?? catalog) == catalog, "WATCHPHOTO_CATALOG is another one.");
        if (Number("WATCHPHOTO_SEED") is { } seed)
            (first, histories) = (seed, 1);
        first = Number("WATCHPHOTO_FIRST_SEED") ?? first;
        var running = catalog == "mongo" ? await servers.StartAsync(TestContext.Current.CancellationToken) : null;
        await using var installation = Installation.Create(catalog, runAs, running);
        await installation.StartAsync();
        var directory = Directory.CreateTempSubdirectory("watchphoto-histories-").FullName;
        var differences = new List<string>();
        int operations = 0, done = 0;
        try
        {
            for (int next = first; next < first + histories && differences.Count == 0; next += SideBySide)
            {
                var batch = Enumerable.Range(next, Math.Min(SideBySide, first + histories - next))
                    .Select(
                        one => new History(
                            one, Directory.CreateDirectory(Path.Combine(directory, one.ToString(CultureInfo.InvariantCulture))).FullName,
                            Rounds))
                    .ToList();
                differences.AddRange(await new HistoryRun(installation, batch).RunAsync(Rounds, new Random(next)));
                operations += batch.Sum(history => history.Operations);
                done += batch.Count;
            }
        }
        finally
        {
            Shell.Remove(directory);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{done} histories, {operations} operations, {differences.Count} with differences");
        Assert.True(differences.Count == 0, $"{differences.Count} histories differ. The first:\n{differences.FirstOrDefault()}");
    }

    private static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
