using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog;

namespace WatchPhoto.Indexer.Api;

/// <summary>A photo as the API tells it.</summary>
internal sealed record PhotoLine(string LibraryId, string Path, Guid PhotoId, long Version, PhotoFile File, PhotoDescription? Photo)
{
    public static PhotoLine Of(Photo photo) =>
        new(photo.LibraryId, photo.Path, photo.PhotoId, photo.Version, photo.File, photo.Description);
}

/// <param name="After">Where the next page starts: its parameter <c>after</c>; absent on the last page.</param>
internal sealed record PhotoPage(IReadOnlyList<PhotoLine> Photos, string? After);

[JsonSerializable(typeof(PhotoLine))]
internal sealed partial class PhotoJson : JsonSerializerContext
{
    /// <summary>Names of files stay readable, which cannot be said in an attribute.</summary>
    public static PhotoJson Readable { get; } = new(new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    });
}
