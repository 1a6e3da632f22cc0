using WatchPhoto.Scenarios.Tests.Running;
using WatchPhoto.Testing;

[assembly: AssemblyFixture(typeof(TestServers))]

namespace WatchPhoto.Scenarios.Tests;

/// <summary>
/// Every hazard as a session of a shell (scenarios/), with the watcher running, stopped or killed meanwhile; afterwards the
/// catalog is the disk. WATCHPHOTO_SCENARIO=text runs only those whose name has the text in it,
/// WATCHPHOTO_CATALOG=sqlite (or mongo) only those with that catalog.
/// </summary>
public sealed class ScenarioTests(TestServers servers)
{
    public static TheoryData<string, string, string> Cases()
    {
        var only = Environment.GetEnvironmentVariable("WATCHPHOTO_SCENARIO");
        var cases = new TheoryData<string, string, string>();
        var catalogs = Environment.GetEnvironmentVariable("WATCHPHOTO_CATALOG") is { } one ? [one] : new[] { "sqlite", "mongo" };
        foreach (var catalog in catalogs)
        {
            foreach (var mode in new[] { "live", "stopped", "killed" })
            {
                foreach (var scenario in Scenario.All().Where(
                    scenario => scenario.Modes.Contains(mode) && scenario.Catalogs.Contains(catalog)))
                {
                    if (only is null || scenario.Name.Contains(only, StringComparison.Ordinal))
                        cases.Add(scenario.Name, mode, catalog);
                }
            }
        }

        return cases;
    }

    [Theory, MemberData(nameof(Cases))]
    public async Task Afterwards_the_catalog_is_the_disk(string scenario, string mode, string catalog)
    {
        var lacks = Scenario.All().Single(each => each.Name == scenario).Lacks;
        Assert.SkipWhen(lacks is not null, $"It needs {lacks}.");
        (await Lane.RunAsync(mode, catalog, servers)).Judge(scenario);
    }
}
