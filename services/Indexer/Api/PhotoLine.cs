using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog;

namespace WatchPhoto.Indexer.Api;

/// <summary>A photo as the API tells it.</summary>
internal sealed record PhotoLine(string LibraryId, string Path, Guid PhotoId, long Version, PhotoFile File, PhotoDescription? Photo)
{
    public static PhotoLine Of(Photo photo) =>
        new(photo.LibraryId, photo.Path, photo.PhotoId, photo.Version, photo.File, photo.Description);
}
