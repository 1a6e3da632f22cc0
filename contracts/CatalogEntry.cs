namespace WatchPhoto.Contracts;

/// <summary>A living register.</summary>
public sealed record CatalogEntry(string Path, Guid PhotoId, long Version, PhotoFile File)
{
    internal string? Problem() =>
        MessageBounds.ProblemOfPath("path", Path)
        ?? (
            Version < 1
                ? $"The version is {Version}; versions are microseconds since 1970."
                : MessageBounds.ProblemOfVersion("version", Version))
        ?? (PhotoId == Guid.Empty ? "The photoId is empty." : null)
        ?? (File.Size < 0 ? "The file has a negative size." : null);
}
