using Microsoft.Extensions.DependencyInjection;
using WatchPhoto.Indexer.Sqlite;

namespace WatchPhoto.Indexer.Tests.Catalog;

public class SqliteCatalogTests(SqliteStore store) : CatalogConformance<SqliteStore>(store);

public class SqliteRegistryTests(SqliteStore store) : RegistryConformance<SqliteStore>(store);

public class SqliteDatabaseTests(SqliteStore store) : IClassFixture<SqliteStore>
{
    [Fact]
    public async Task A_catalog_made_by_a_newer_version_is_refused_and_left_alone()
    {
        var catalog = await store.OpenNewAsync();
        await SqliteStore.ExecuteAsync(catalog, "PRAGMA user_version = 99");
        await catalog.DisposeAsync();

        await using var again = store.Open(catalog.Place);
        var refused = await Assert.ThrowsAsync<NotSupportedException>(() => again.Setup.PrepareAsync(TestContext.Current.CancellationToken));
        Assert.Contains("newer", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Works_that_share_a_transaction_count_each_by_itself()
    {
        await using var catalog = await store.OpenNewAsync();
        var database = catalog.Services.GetRequiredService<SqliteDatabase>();

        var works = Enumerable.Range(0, 200).Select(i => database.WriteAsync(writer =>
        {
            writer.Execute($"INSERT INTO removal VALUES ('shared', '{i}', 1)");
            return i % 7 == 0 ? throw new InvalidOperationException($"work {i}") : i;
        }, TestContext.Current.CancellationToken)).ToList();
        await Task.WhenAll(works).ContinueWith(_ => { }, TestContext.Current.CancellationToken, TaskContinuationOptions.None, TaskScheduler.Default);

        for (int i = 0; i < works.Count; i++)
        {
            if (i % 7 == 0)
                Assert.Equal($"work {i}", (await Assert.ThrowsAsync<InvalidOperationException>(() => works[i])).Message);
            else
                Assert.Equal(i, await works[i]);
        }

        var there = await database.WriteAsync(
            writer => writer.Scalar("SELECT group_concat(directory) FROM (SELECT directory FROM removal ORDER BY CAST(directory AS INTEGER))"),
            TestContext.Current.CancellationToken);
        Assert.Equal(string.Join(',', Enumerable.Range(0, 200).Where(i => i % 7 != 0)), there);
    }
}
