using System.Text.Encodings.Web;
using System.Text.Json.Serialization;
using MassTransit;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;
using MongoDB.Driver;
using WatchPhoto.Hosting;
using WatchPhoto.Indexer.Announcing;
using WatchPhoto.Indexer.Api;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Consuming;
using WatchPhoto.Indexer.Database;
using WatchPhoto.Indexer.Mongo;
using WatchPhoto.Indexer.Previewing;
using WatchPhoto.Indexer.Proving;
using WatchPhoto.Indexer.Registry;
using WatchPhoto.Indexer.Replaying;
using WatchPhoto.Indexer.Requests;
using WatchPhoto.Indexer.Sqlite;

namespace WatchPhoto.Indexer;

public static class IndexerHosting
{
    private const string MongoDb = "MongoDb";
    private const string Sqlite = "Sqlite";

    // Of the connections that are one too many.
    private const int MostBeingClosed = 16;

    /// <summary>
    /// Keeps the catalog and answers for it over HTTP (<see cref="IndexerApi.MapIndexerApi"/>). The database is the
    /// connection string <c>MongoDb</c>, or a file on this machine: the connection string <c>Sqlite</c> is its path.
    /// </summary>
    public static void AddIndexer(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddCheckedOptions<IndexerOptions>(IndexerOptions.Section);
        builder.AddCatalog();

        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IndexerMetrics>();
        services.AddSingleton<RegistryChanges>();
        services.AddSingleton<KnownLibraries>();
        services.AddSingleton<LibraryRegistrations>();
        services.AddSingleton<LibraryOwners>();
        services.AddSingleton<VersionsAhead>();
        services.AddSingleton<WatcherRequests>();
        services.AddSingleton<LibraryPreviews>();
        services.AddSingleton<FileEventsApplier>();
        services.AddSingleton<Replay>();
        services.AddSingleton<DatabaseConnection>();
        services.AddHostedService(provider => provider.GetRequiredService<DatabaseConnection>());
        services.AddHostedService<LibrariesAnnouncer>();
        services.AddHostedService<Housekeeping>();
        services.AddSingleton<ProofJudge>();
        services.AddHostedService(provider => provider.GetRequiredService<ProofJudge>());
        services.AddHealthChecks().AddCheck<DatabaseHealth>("database");
        builder.AddApi();
    }

    /// <summary>What an indexer reads from the bus.</summary>
    public static void AddIndexerConsumers(this IBusRegistrationConfigurator bus)
    {
        bus.AddConsumer<FileEventsConsumer, FileEventsConsumerDefinition>();
        bus.AddConsumer<WatcherReportConsumer, WatcherReportConsumerDefinition>();
        bus.AddConsumer<CatalogPartRequestedConsumer, CatalogPartRequestedConsumerDefinition>();
        bus.AddConsumer<LibraryPreviewedConsumer, LibraryPreviewedConsumerDefinition>();
    }

    private static void AddCatalog(this IHostApplicationBuilder builder)
    {
        var options = builder.Configuration.ReadChecked<CatalogOptions>("Catalog");
        switch (builder.Configuration.GetConnectionString(MongoDb), builder.Configuration.GetConnectionString(Sqlite))
        {
            case ({ Length: > 0 } server, null or ""):
                try
                {
                    builder.Services.AddMongoCatalog(server, options);
                }
                catch (Exception exception) when (exception is MongoException or ArgumentException or FormatException or OverflowException or InvalidOperationException or NotSupportedException)
                {
                    // It is not repeated: it carries a password.
                    throw Misconfigured("ConnectionStrings:MongoDb must be a URL such as mongodb://user:password@host:27017/database, with no options behind a ? but those that MongoDB knows.");
                }

                break;
            case (null or "", { Length: > 0 } file):
                builder.Services.AddSqliteCatalog(file, options);
                break;
            case (null or "", null or ""):
                throw Misconfigured("No database is configured: set ConnectionStrings__MongoDb, or ConnectionStrings__Sqlite to the path of a file.");
            default:
                throw Misconfigured("Two databases are configured: set ConnectionStrings__MongoDb or ConnectionStrings__Sqlite, not both.");
        }
    }

    private static OptionsValidationException Misconfigured(string problem) =>
        new("ConnectionStrings", typeof(CatalogOptions), [problem]);

    private static int Connections(IOptions<IndexerOptions> options) => Math.Min(options.Value.MostConnections, OpenFiles.Share);

    private static void AddApi(this IHostApplicationBuilder builder)
    {
        // Whom it shall answer beside this machine, its operator says.
        builder.AddDefaults(
            new("Urls", "http://127.0.0.1:5080"),
            // A line a request is for whoever asks for it; what is not ready says so itself.
            new("Logging:LogLevel:Microsoft.AspNetCore", "Warning"),
            // A connection that its client breaks off is nothing that an operator can help.
            new("Logging:LogLevel:Microsoft.AspNetCore.Server.Kestrel", "Error"),
            // Whoever asked is told.
            new("Logging:LogLevel:Microsoft.AspNetCore.Http.Timeouts", "Error"),
            new("Logging:LogLevel:Microsoft.Extensions.Diagnostics.HealthChecks", "None"));
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            // Names of files stay readable; nothing here is ever put into a page.
            json.SerializerOptions.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
            json.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
            json.SerializerOptions.AllowDuplicateProperties = false;
        });
        builder.Services.AddOptions<KestrelServerOptions>().Configure<IOptions<IndexerOptions>>((kestrel, indexer) =>
        {
            RequestBounds.Set(kestrel.Limits, indexer.Value);
            kestrel.Limits.MaxConcurrentConnections = Connections(indexer);
        });
        builder.Services.AddRequestTimeouts(_ => { });
        builder.Services.AddOptions<RequestTimeoutOptions>().Configure<IOptions<IndexerOptions>>((timeouts, indexer) =>
            timeouts.DefaultPolicy = new() { Timeout = indexer.Value.RequestTime, TimeoutStatusCode = StatusCodes.Status503ServiceUnavailable });
        builder.AddSiteChecks();
        builder.Services.AddSingleton<IConnectionListenerFactory>(provider => new AcceptedConnections(
            ActivatorUtilities.CreateInstance<SocketTransportFactory>(provider),
            Connections(provider.GetRequiredService<IOptions<IndexerOptions>>()) + MostBeingClosed));
        builder.Services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        // The first one that can write is asked, and it always can.
        builder.Services.AddSingleton<IProblemDetailsWriter, ProblemWriter>();
        builder.Services.AddProblemDetails();
        builder.Services.AddExceptionHandler<ApiProblems>();
        builder.Services.AddOpenApi(openApi => openApi
            .AddDocumentTransformer((document, _, _) =>
            {
                document.Info = new() { Title = "WatchPhoto", Version = "v1", Description = "The catalog of photos, and the libraries it is kept of." };
                return Task.CompletedTask;
            })
            .AddSchemaTransformer((schema, context, _) =>
            {
                if (context.JsonPropertyInfo?.NumberHandling?.HasFlag(JsonNumberHandling.WriteAsString) == true)
                    schema.Type = JsonSchemaType.String;
                return Task.CompletedTask;
            }));
    }
}
