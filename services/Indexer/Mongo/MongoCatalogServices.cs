using MongoDB.Driver;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Proving;
using WatchPhoto.Indexer.Registry;

namespace WatchPhoto.Indexer.Mongo;

public static class MongoCatalogServices
{
    /// <summary>The catalog in the database that the connection string names, or in <c>watchphoto</c>.</summary>
    /// <exception cref="MongoConfigurationException">The connection string is none.</exception>
    public static IServiceCollection AddMongoCatalog(this IServiceCollection services, string connectionString, CatalogOptions? options = null)
    {
        var url = MongoUrl.Create(connectionString);
        // Some of its options are looked at here only.
        _ = MongoClientSettings.FromUrl(url);
        services.AddCatalogOptions(options);
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<MongoDatabase>(provider, url));
        services.AddSingleton<ICatalogSetup>(provider => provider.GetRequiredService<MongoDatabase>());
        services.AddSingleton<IPhotoCatalog, MongoPhotoCatalog>();
        services.AddSingleton<ILibraryRegistry, MongoLibraryRegistry>();
        services.AddSingleton<IWatcherReports, MongoWatcherReports>();
        services.AddSingleton<IVerifications, MongoVerifications>();
        return services;
    }
}
