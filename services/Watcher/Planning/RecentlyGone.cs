using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.State;

namespace WatchPhoto.Watcher.Planning;

/// <summary>Of each weak identity the photo that was the last to go, for as long as it may be under way.</summary>
internal sealed class RecentlyGone(TimeProvider time)
{
    private readonly Dictionary<FileIdentity, GonePhoto> _photos = [];

    public GonePhoto? Of(FileIdentity identity) => _photos.TryGetValue(identity, out var gone) ? gone : null;

    public void Add(Entry entry, DateTimeOffset now)
    {
        if (_photos.Count > 0 && _photos.Values.First().IsOld(now))
        {
            foreach (var old in _photos.Where(gone => gone.Value.IsOld(now)).Select(gone => gone.Key).ToList())
                _photos.Remove(old);
        }

        // Which of two that are the same has come back, nothing would tell.
        bool isTwin = Of(entry.Identity) is { } other && other.IsUnderWay(time.GetUtcNow()) && other.PhotoId != entry.PhotoId;
        _photos[entry.Identity] = new GonePhoto(isTwin ? Guid.Empty : entry.PhotoId, entry.Key.Name, now);
    }

    /// <returns>What was known of it.</returns>
    public GonePhoto? Remove(FileIdentity identity) => _photos.Remove(identity, out var gone) ? gone : null;
}
