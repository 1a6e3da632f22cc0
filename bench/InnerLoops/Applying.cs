using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.DependencyInjection;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Sqlite;

namespace WatchPhoto.InnerLoops;

/// <summary>A full message into a catalog of SQLite: registers that are replaced by those of a higher version.</summary>
[MemoryDiagnoser]
public class Applying : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("watchphoto-").FullName;
    private ServiceProvider? _services;
    private IPhotoCatalog? _catalog;
    private long _version = 1_700_000_000_000_000;

    [GlobalSetup]
    public async Task OpenAsync()
    {
        _services = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System)
            .AddSqliteCatalog(Path.Combine(_directory, "catalog.db")).BuildServiceProvider();
        await _services.GetRequiredService<ICatalogSetup>().PrepareAsync(CancellationToken.None);
        _catalog = _services.GetRequiredService<IPhotoCatalog>();
    }

    [Benchmark(OperationsPerInvoke = FileEvents.MaxEvents)]
    public Task Apply()
    {
        _version++;
        return _catalog!.ApplyAsync(new FileEvents
        {
            LibraryId = "bench", Epoch = 1, Host = "bench",
            Events = [.. Enumerable.Range(0, FileEvents.MaxEvents).Select(i => Events.Of(i, _version))],
        }, CancellationToken.None);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _services?.Dispose();
        if (Directory.Exists(_directory))
            Directory.Delete(_directory, recursive: true);
        GC.SuppressFinalize(this);
    }
}
