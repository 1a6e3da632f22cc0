using WatchPhoto.Contracts;

namespace WatchPhoto.Indexer.Catalog;

/// <summary>What libraries say of the catalog.</summary>
public static class CatalogLibraries
{
    /// <summary>The libraries, each with the highest version that the catalog holds of it; of removed ones it is to hold nothing.</summary>
    public static async Task<IReadOnlyList<Library>> WithHighestVersionsAsync(
        this IPhotoCatalog catalog, IReadOnlyList<Library> libraries, CancellationToken cancellationToken)
    {
        string[] living = [.. libraries.Where(library => library.RemovedAt is null).Select(library => library.Id)];
        var highest = await catalog.HighestVersionsAsync(living, cancellationToken);
        return [.. libraries.Select(library => library with { HighestVersion = highest.GetValueOrDefault(library.Id) })];
    }
}
