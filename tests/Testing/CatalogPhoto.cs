using System.Globalization;
using System.Text.Json;

namespace WatchPhoto.Testing;

/// <summary>A line of photos.ndjson.</summary>
public sealed record CatalogPhoto(string Path, Guid PhotoId, long Version, SeenFile File)
{
    /// <summary>All of a library, in the order of the catalog.</summary>
    public static Task<List<CatalogPhoto>> ReadAllAsync(HttpClient api, string libraryId) =>
        ReadAllAsync(api, new Uri($"api/libraries/{libraryId}/photos.ndjson", UriKind.Relative), libraryId);

    /// <summary>The same of an API that may be elsewhere after each start.</summary>
    public static async Task<List<CatalogPhoto>> ReadAllAsync(HttpClient api, Uri address, string libraryId)
    {
        var photos = new List<CatalogPhoto>();
        var text = await api.GetStringAsync(address, TestContext.Current.CancellationToken);
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var json = JsonDocument.Parse(line);
            Assert.Equal(libraryId, json.RootElement.GetProperty("libraryId").GetString());
            photos.Add(Read(json.RootElement));
        }

        return photos;
    }

    private static CatalogPhoto Read(JsonElement photo)
    {
        var file = photo.GetProperty("file");
        return new CatalogPhoto(
            photo.GetProperty("path").GetString()!,
            photo.GetProperty("photoId").GetGuid(),
            photo.GetProperty("version").GetInt64(),
            new SeenFile(
                file.GetProperty("size").GetInt64(),
                file.GetProperty("modifiedAt").GetString()!,
                ulong.Parse(file.GetProperty("inode").GetString()!, CultureInfo.InvariantCulture)));
    }
}
