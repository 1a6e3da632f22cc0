using System.Globalization;
using System.Text;
using System.Text.Json;

namespace WatchPhoto.EndToEnd.Tests.Harness;

/// <summary>A line of photos.ndjson.</summary>
internal sealed record CatalogPhoto(string Path, Guid PhotoId, long Version, FileFacts File);

/// <summary>What the API says of a library, held against the disk.</summary>
internal static class Catalog
{
    private const int MostDifferences = 10;

    /// <summary>photos.ndjson, in its order.</summary>
    public static Task<List<CatalogPhoto>> ReadAsync(HttpClient api, string libraryId) =>
        ReadAsync(api, new Uri($"api/libraries/{libraryId}/photos.ndjson", UriKind.Relative), libraryId);

    /// <summary>The same of an API that may be elsewhere after each start.</summary>
    public static async Task<List<CatalogPhoto>> ReadAsync(HttpClient api, Uri address, string libraryId)
    {
        var photos = new List<CatalogPhoto>();
        var text = await api.GetStringAsync(address, TestContext.Current.CancellationToken);
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var json = JsonDocument.Parse(line);
            var (photo, file) = (json.RootElement, json.RootElement.GetProperty("file"));
            Assert.Equal(libraryId, photo.GetProperty("libraryId").GetString());
            photos.Add(new CatalogPhoto(
                photo.GetProperty("path").GetString()!,
                photo.GetProperty("photoId").GetGuid(),
                photo.GetProperty("version").GetInt64(),
                new FileFacts(file.GetProperty("size").GetInt64(), file.GetProperty("modifiedAt").GetString()!, ulong.Parse(file.GetProperty("inode").GetString()!, CultureInfo.InvariantCulture))));
        }

        return photos;
    }

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

    private static string? Difference(List<CatalogPhoto> photos, SortedDictionary<string, FileFacts> files)
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
            problems.Append(CultureInfo.InvariantCulture, $"\n  {path}: on the disk {file?.ToString() ?? "nothing"}, in the catalog {inCatalog}");
        }

        return count == 0
            ? null
            : $"{count} differences between {files.Count} files on the disk and {photos.Count} photos in the catalog:{problems}";
    }
}
