using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.DependencyInjection.Extensions;
using WatchPhoto.Indexer.Registry;

namespace WatchPhoto.Indexer.Catalog;

internal static class CatalogServices
{
    /// <summary>What every store of the catalog needs.</summary>
    /// <exception cref="ValidationException">An option is out of its range.</exception>
    public static void AddCatalogOptions(this IServiceCollection services, CatalogOptions? options)
    {
        options ??= new CatalogOptions();
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        services.AddSingleton(options);
        services.AddSingleton<RegistryProblems>();
        services.TryAddSingleton(TimeProvider.System);
    }
}
