#pragma warning disable CA1416 // The tests run on Linux.

using Microsoft.Extensions.DependencyInjection;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Sqlite;
using WatchPhoto.Testing;

namespace WatchPhoto.Indexer.Tests.Catalog;

public class SqliteCatalogTests(SqliteStore store) : CatalogConformance<SqliteStore>(store);

[Collection(MeasuredAlone.Name)]
public class SqliteMemoryTests(SqliteStore store) : CatalogMemory<SqliteStore>(store);

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
        var refused = await Assert.ThrowsAsync<NotSupportedException>(
            () => again.Setup.PrepareAsync(TestContext.Current.CancellationToken));
        Assert.Contains("newer", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nobody_else_may_read_the_catalog_also_where_an_older_version_let_them(bool isThere)
    {
        var place = store.NewPlace();
        string[] files = [place, place + "-wal", place + "-shm"];
        if (isThere)
        {
            await using (var before = store.Open(place))
            {
                await before.Setup.PrepareAsync(TestContext.Current.CancellationToken);
                // As killed: the log stays.
                foreach (string file in files)
                    File.Copy(file, file + ".copy");
            }

            foreach (string file in files)
            {
                File.Move(file + ".copy", file, overwrite: true);
                File.SetUnixFileMode(file, (UnixFileMode)0x1b6); // 0666
            }
        }

        await using var catalog = store.Open(place);
        await catalog.Setup.PrepareAsync(TestContext.Current.CancellationToken);
        Assert.All(files, file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
        if (!isThere)
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
                File.GetUnixFileMode(Path.GetDirectoryName(place)!));
    }

    [Fact]
    public async Task A_host_that_only_repeats_itself_is_heard_though_nothing_is_written()
    {
        await using var catalog = await store.OpenNewAsync();
        var report = new WatcherReport
        {
            Host = "nas", StateId = Guid.NewGuid(), RunId = Guid.NewGuid(), SentAt = Events.Now, WatchesUsed = 1, WatchesLimit = 1,
            PendingOutbox = 0, Libraries = [],
        };
        await catalog.Watchers.SaveAsync(report, TimeSpan.Zero, TestContext.Current.CancellationToken);
        await store.LetPassAsync(catalog, TimeSpan.FromDays(2));
        Assert.False(
            await catalog.Watchers.SaveAsync(
                report with { SentAt = Events.Now.AddSeconds(5) }, TimeSpan.Zero, TestContext.Current.CancellationToken));
        Assert.Equal(0, await catalog.Watchers.ForgetSilentAsync(TimeSpan.FromDays(1), TestContext.Current.CancellationToken));
        Assert.Single(await catalog.Watchers.ReadLeasesAsync(TestContext.Current.CancellationToken));
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
        await Task.WhenAll(works).ContinueWith(
            _ => { }, TestContext.Current.CancellationToken, TaskContinuationOptions.None, TaskScheduler.Default);

        for (int i = 0; i < works.Count; i++)
        {
            if (i % 7 == 0)
                Assert.Equal($"work {i}", (await Assert.ThrowsAsync<InvalidOperationException>(() => works[i])).Message);
            else
                Assert.Equal(i, await works[i]);
        }

        var there = await database.WriteAsync(
            writer => writer.Scalar(
                "SELECT group_concat(directory) FROM (SELECT directory FROM removal ORDER BY CAST(directory AS INTEGER))"),
            TestContext.Current.CancellationToken);
        Assert.Equal(string.Join(',', Enumerable.Range(0, 200).Where(i => i % 7 != 0)), there);
    }
}
