using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using WatchPhoto.Bus;
using WatchPhoto.Hosting;
using WatchPhoto.Indexer.Api;
using WatchPhoto.Testing;

namespace WatchPhoto.Indexer.Tests;

/// <summary>The indexer as its host composes it, on a free loopback port; by default in memory and with a file of its own.</summary>
internal sealed class LiveIndexer : IAsyncDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("watchphoto-indexer-");
    private readonly WebApplication _app;

    private LiveIndexer(
        IReadOnlyDictionary<string, string?>? settings, Action<IBusRegistrationConfigurator>? consumers, TimeProvider? time,
        Action<IServiceCollection>? services)
    {
        var builder = WebApplication.CreateSlimBuilder();
        bool hasServer = settings?.ContainsKey("ConnectionStrings:MongoDb") == true;
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Urls"] = "http://127.0.0.1:0",
            ["ConnectionStrings:RabbitMq"] = "",
            ["ConnectionStrings:MongoDb"] = "",
            ["ConnectionStrings:Sqlite"] = hasServer ? "" : Path.Combine(_directory.FullName, "catalog.db"),
            ["Indexer:AnnouncementInterval"] = "00:00:00.200",
            ["Indexer:HousekeepingInterval"] = "00:00:00.200",
        });
        builder.Configuration.AddInMemoryCollection(settings);
        if (time is not null)
            builder.Services.AddSingleton(time);
        builder.Logging.ClearProviders().AddProvider(Log);
        builder.AddServiceLogging();
        builder.AddBus(bus =>
        {
            bus.AddIndexerConsumers();
            consumers?.Invoke(bus);
        });
        builder.AddIndexer();
        services?.Invoke(builder.Services);
        _app = builder.Build();
        _app.MapIndexerApi();
    }

    public HttpClient Http { get; private set; } = null!;

    public LogLines Log { get; } = new();

    public IServiceProvider Services => _app.Services;

    public static async Task<LiveIndexer> StartAsync(
        IReadOnlyDictionary<string, string?>? settings = null, Action<IBusRegistrationConfigurator>? consumers = null,
        TimeProvider? time = null,
        Action<IServiceCollection>? services = null)
    {
        var indexer = new LiveIndexer(settings, consumers, time, services);
        await indexer._app.StartAsync(TestContext.Current.CancellationToken);
        string address = indexer.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        indexer.Http = new HttpClient { BaseAddress = new Uri(address), Timeout = Patience.Usual };
        return indexer;
    }

    public async Task<LiveIndexer> ReadyAsync()
    {
        await Wait.UntilAsync(async () =>
        {
            using var answer = await Http.GetAsync(new Uri("/health/ready", UriKind.Relative), TestContext.Current.CancellationToken);
            return answer.IsSuccessStatusCode;
        });
        return this;
    }

    public async Task<string> RegisterAsync(string id = "photos", string path = "/srv/photos", string host = "nas")
    {
        using var answer = await Http.PostAsJsonAsync(
            "/api/libraries", new { id, name = id, host, path }, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
        return id;
    }

    /// <summary>
    /// As the watcher does: until it is confirmed. A busy broker has been seen not to confirm the first message to queues just made.
    /// </summary>
    /// <returns>How often it was sent.</returns>
    public async Task<int> PublishAsync<TMessage>(TMessage message)
        where TMessage : class
    {
        var publisher = Services.GetRequiredService<IConfirmedPublisher>();
        for (int sent = 1; ; sent++)
        {
            try
            {
                await publisher.PublishAsync(message, TestContext.Current.CancellationToken);
                return sent;
            }
            catch (TimeoutException) when (sent < 5)
            {
                // Again.
            }
        }
    }

    public async Task<IReadOnlyList<JsonElement>> PhotosAsync(string library = "photos")
    {
        string lines = await Http.GetStringAsync(
            new Uri($"/api/libraries/{library}/photos.ndjson", UriKind.Relative), TestContext.Current.CancellationToken);
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    public async Task<IReadOnlyList<string>> PathsAsync(string library = "photos") =>
        [.. (await PhotosAsync(library)).Select(photo => photo.GetProperty("path").GetString()!)];

    public async Task StopAsync() => await _app.StopAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        Log.Dispose();
        _directory.Delete(recursive: true);
    }
}

/// <summary>What was logged, for a test to count sentences.</summary>
internal sealed class LogLines : ILoggerProvider
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyCollection<string> Lines => _lines;

    public ILogger CreateLogger(string categoryName) => new Logger(_lines, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(ConcurrentQueue<string> lines, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue($"{logLevel} {category}: {formatter(state, exception)} {exception}".TrimEnd());
    }
}
