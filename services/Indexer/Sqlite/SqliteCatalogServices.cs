using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Proving;
using WatchPhoto.Indexer.Registry;

namespace WatchPhoto.Indexer.Sqlite;

public static class SqliteCatalogServices
{
    /// <summary>The catalog in a SQLite file, made with its directory where it is not there.</summary>
    public static IServiceCollection AddSqliteCatalog(this IServiceCollection services, string path, CatalogOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        services.AddCatalogOptions(options);
        services.AddSingleton(provider => new SqliteDatabase(path, provider.GetRequiredService<ILogger<SqliteDatabase>>()));
        services.AddSingleton<ICatalogSetup>(provider => provider.GetRequiredService<SqliteDatabase>());
        services.AddSingleton<IPhotoCatalog, SqlitePhotoCatalog>();
        services.AddSingleton<ILibraryRegistry, SqliteLibraryRegistry>();
        services.AddSingleton<IWatcherReports, SqliteWatcherReports>();
        services.AddSingleton<IVerifications, SqliteVerifications>();
        return services;
    }
}
