using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Catalog.Algebra;
using WatchPhoto.Indexer.Registry;
using WatchPhoto.Indexer.Tests.Catalog.Convergence;

namespace WatchPhoto.Indexer.Tests.Catalog;

/// <summary>A kind of store: what the conformance tests must know of it beyond its interfaces.</summary>
public abstract class Store : IAsyncLifetime
{
    private readonly FakeTimeProvider _clock = new(Events.Now);
    private OpenCatalog? _shared;

    /// <summary>One catalog for all tests that keep to libraries of their own.</summary>
    internal OpenCatalog Shared => _shared!;

    public virtual async ValueTask InitializeAsync() => _shared = await OpenNewAsync();

    public virtual async ValueTask DisposeAsync()
    {
        if (_shared is not null)
            await _shared.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>A new, empty catalog.</summary>
    internal async Task<OpenCatalog> OpenNewAsync()
    {
        var catalog = Open(NewPlace());
        await catalog.Setup.PrepareAsync(CancellationToken.None);
        return catalog;
    }

    /// <summary>What an indexer opens when it starts, prepared or not.</summary>
    internal OpenCatalog Open(string place, CatalogOptions? options = null)
    {
        var log = new LogOfTest();
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(log));
        services.AddSingleton<TimeProvider>(_clock);
        Add(services, place, options);
        return new OpenCatalog(place, services.BuildServiceProvider(), log);
    }

    /// <summary>Where a catalog can be made: a file, a connection string.</summary>
    internal abstract string NewPlace();

    private protected abstract void Add(IServiceCollection services, string place, CatalogOptions? options);

    /// <summary>Applies a message, dying where <paramref name="dies"/> says so: before any of the steps.</summary>
    internal abstract Task ApplyAsync(OpenCatalog catalog, FileEvents message, Func<bool> dies);

    internal abstract Task<Contents> ContentsAsync(OpenCatalog catalog, string library);

    /// <summary>As if a host's watcher had been silent so much longer: by the clock of the database, which is not the tests'.</summary>
    internal abstract Task LetPassAsync(OpenCatalog catalog, TimeSpan time);

    /// <summary>Writes a library as a person would, with nothing but what must be there.</summary>
    internal abstract Task WriteByHandAsync(OpenCatalog catalog, string id, string path, string name = "By hand");

    /// <summary>Writes a library as a person would who got it wrong.</summary>
    internal abstract Task WriteWronglyByHandAsync(OpenCatalog catalog, string id);
}

internal sealed class OpenCatalog(string place, ServiceProvider services, LogOfTest log) : IAsyncDisposable
{
    public string Place => place;

    public IServiceProvider Services => services;

    public LogOfTest Log => log;

    public ICatalogSetup Setup => services.GetRequiredService<ICatalogSetup>();

    public IPhotoCatalog Photos => services.GetRequiredService<IPhotoCatalog>();

    public ILibraryRegistry Libraries => services.GetRequiredService<ILibraryRegistry>();

    public IWatcherReports Watchers => services.GetRequiredService<IWatcherReports>();

    public ValueTask DisposeAsync() => services.DisposeAsync();
}

/// <summary>Steps that die instead of being done, now and then.</summary>
internal sealed class MortalSteps(IRegisterSteps steps, Func<bool> dies) : IRegisterSteps
{
    public Task RaiseRangesAsync(string libraryId, IReadOnlyList<Removal> removals, CancellationToken cancellationToken) =>
        Living(steps.RaiseRangesAsync)(libraryId, removals, cancellationToken);

    public Task SweepAsync(string libraryId, IReadOnlyList<Removal> removals, CancellationToken cancellationToken) =>
        Living(steps.SweepAsync)(libraryId, removals, cancellationToken);

    public Task WriteAsync(string libraryId, IReadOnlyList<Register> registers, bool create, CancellationToken cancellationToken) =>
        dies() ? throw new Crash() : steps.WriteAsync(libraryId, registers, create, cancellationToken);

    public Task<IReadOnlyDictionary<string, long>> ReadRangesAsync(
        string libraryId, IReadOnlyCollection<string> directories, CancellationToken cancellationToken) =>
        dies() ? throw new Crash() : steps.ReadRangesAsync(libraryId, directories, cancellationToken);

    private T Living<T>(T step) => dies() ? throw new Crash() : step;
}

internal sealed class LogOfTest : ILoggerProvider, ILogger
{
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
                return [.. _lines];
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_lines)
            _lines.Add(formatter(state, exception));
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Dispose()
    {
    }
}
