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
}
