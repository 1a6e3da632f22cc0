using MassTransit;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using WatchPhoto.Bus;
using WatchPhoto.Hosting;
using WatchPhoto.Indexer;
using WatchPhoto.Indexer.Api;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Registry;
using WatchPhoto.Watcher;

namespace WatchPhoto.Standalone;

/// <summary>Watcher and indexer in one process, with the bus in its memory and the catalog in a file.</summary>
internal sealed class Session : IAsyncDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(5);

    // The sections that variables of the environment may say something in.
    private static readonly string[] Sections =
        [BusOptions.Section, "Catalog", "Cors", IndexerOptions.Section, "Logging", WatcherOptions.Section];

    private readonly WebApplication _app;
    private readonly int _port;

    private Session(WebApplication app, int port) => (_app, _port) = (app, port);

    public static Session Create(DataDirectory data, int port)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = Service.Arguments(), EnvironmentName = Environments.Production });
        // Where the API listens, and who may ask it, no file and no variable of the environment is to say.
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(OfEnvironment());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            // Servers that other WatchPhotos on this machine are told of are not for this one.
            ["ConnectionStrings:RabbitMq"] = "",
            ["ConnectionStrings:MongoDb"] = "",
            ["ConnectionStrings:Sqlite"] = data.Catalog,
            ["Watcher:StateDirectory"] = data.Watcher,
            // There is no other watcher to wait for.
            ["Indexer:OwnerSilence"] = "00:00:00",
            ["Urls"] = $"http://127.0.0.1:{port}",
        });
        builder.AddServiceLogging();
        builder.AddDefaults(
            new("Logging:LogLevel:Default", "Warning"),
            new("Logging:Console:FormatterName", "simple"),
            new("Logging:Console:FormatterOptions:SingleLine", "true"),
            new("Logging:Console:LogToStandardErrorThreshold", "Trace"));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopTimeout);
        builder.Services.AddSingleton<ChangeFeed>();
        // First, so that it stops last: nobody publishes on a bus that is gone.
        builder.AddBus(bus =>
        {
            bus.AddWatcherConsumers();
            bus.AddIndexerConsumers();
            bus.AddConsumeObserver(services => services.GetRequiredService<ChangeFeed>());
        });
        builder.AddWatcher();
        builder.AddIndexer();

        var app = builder.Build();
        app.MapIndexerApi();
        return new Session(app, port);
    }

    public async Task RunAsync(IReadOnlyList<PhotoDirectory> directories, IReadOnlyList<string>? include)
    {
        var services = _app.Services;
        var stopping = _app.Lifetime.ApplicationStopping;
        await PrepareCatalogAsync(services.GetRequiredService<ICatalogSetup>(), stopping);

        // Before anything starts: a directory that is refused leaves everything as it was.
        string host = services.GetRequiredService<IOptions<WatcherOptions>>().Value.Host;
        var registration = new DirectoryRegistration(services.GetRequiredService<LibraryRegistrations>(), host);
        await registration.RegisterAsync(directories, include, stopping);
        var libraries = await services.GetRequiredService<IPhotoCatalog>().WithHighestVersionsAsync(await registration.LivingAsync(stopping), stopping);
        if (libraries.Count == 0)
            throw new RefusedStartException("Nothing is registered any more: name a directory of photos; --help explains all.");

        try
        {
            Service.EndWith(_app);
            await Service.StartAsync(_app, stopping);
            var screen = new Screen(services.GetRequiredService<WatcherStatus>(), services.GetRequiredService<ChangeFeed>());
            await ShowAsync(screen.ShowAsync(libraries, Address(services), stopping), stopping);
        }
        catch (IOException exception) when (exception.InnerException is AddressInUseException)
        {
            throw new RefusedStartException($"Port {_port} is used by another program: choose another with --port.");
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Ctrl-C: what is not done yet is done at the next start.
            // This runs within StopApplication: first whoever else is told by it.
            await Task.Yield();
        }
        finally
        {
            await _app.StopAsync(CancellationToken.None);
        }
    }

    // What is shown is for a person to look at: whatever is wrong with that, the catalog is kept.
    private static async Task ShowAsync(Task showing, CancellationToken stopping)
    {
        try
        {
            // Who reads what is shown may have paused.
            await showing.WaitAsync(stopping);
        }
        catch (Exception exception) when (!stopping.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync(Printable.Text($"What happens is not shown any more ({exception.Message.TrimEnd('.')}); all else goes on, and the API tells of it."));
            await Task.Delay(Timeout.InfiniteTimeSpan, stopping);
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static async Task PrepareCatalogAsync(ICatalogSetup catalog, CancellationToken cancellationToken)
    {
        try
        {
            await catalog.PrepareAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not IOperatorError and (SqliteException or IOException or UnauthorizedAccessException or NotSupportedException))
        {
            throw new RefusedStartException($"The catalog cannot be opened: {exception.Message.TrimEnd('.')}.");
        }
    }

    private static IEnumerable<KeyValuePair<string, string?>> OfEnvironment()
    {
        var environment = new ConfigurationBuilder().AddEnvironmentVariables().Build();
        return Sections.SelectMany(section => environment.GetSection(section).AsEnumerable()).Where(setting => setting.Value is not null);
    }

    private static string Address(IServiceProvider services) =>
        services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
}
