using System.Globalization;
using System.Text;
using WatchPhoto.Testing;

namespace WatchPhoto.EndToEnd.Tests.Harness;

/// <summary>What the API says of a library, held against the disk.</summary>
internal static class Catalog
{
    private const int MostDifferences = 10;

    /// <summary>Waits until the catalog is what the disk is, to the byte and the nanosecond, in order and with each id once.</summary>
    /// <returns>The photos by path.</returns>
    public static async Task<Dictionary<string, CatalogPhoto>> EqualsDiskAsync(
        Func<Task<List<CatalogPhoto>>> read, Disk disk, Func<Func<Task<string?>>, Task> until)
    {
        List<CatalogPhoto> photos = [];
        await until(async () =>
        {
            try
            {
                photos = await read();
            }
            catch (HttpRequestException exception)
            {
                return $"The catalog does not answer: {exception.Message}";
            }

            return Difference(photos, disk.Walk());
        });
        Assert.Equal(photos.Select(photo => photo.Path).Order(Utf8Order.Instance), photos.Select(photo => photo.Path));
        Assert.Equal(photos.Count, photos.Select(photo => photo.PhotoId).Distinct().Count());
        return photos.ToDictionary(photo => photo.Path);
    }

    private static string? Difference(List<CatalogPhoto> photos, SortedDictionary<string, SeenFile> files)
    {
        var catalog = photos.ToLookup(photo => photo.Path, photo => photo.File);
        var problems = new StringBuilder();
        int count = 0;
        foreach (var path in files.Keys.Union(catalog.Select(photo => photo.Key)))
        {
            var file = files.GetValueOrDefault(path);
            var told = catalog[path].ToList();
            if (file is not null && told is [var only] && only == file)
                continue;
            if (++count > MostDifferences)
                continue;
            var inCatalog = told.Count == 0 ? "nothing" : string.Join(" and ", told);
            problems.Append(
                CultureInfo.InvariantCulture, $"\n  {path}: on the disk {file?.ToString() ?? "nothing"}, in the catalog {inCatalog}");
        }

        return count == 0
            ? null
            : $"{count} differences between {files.Count} files on the disk and {photos.Count} photos in the catalog:{problems}";
    }
}
