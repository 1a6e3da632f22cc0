using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Tracking;

/// <summary>
/// Names that were moved away and whose other half has not been seen: the kernel tells both halves one after the other, but
/// a read may end between them, and other renames may come between. Any number at once; owned by the tracker's thread.
/// </summary>
internal sealed class MoveWindow(TimeSpan length, TimeProvider time)
{
    private readonly Dictionary<uint, (DirectoryNode Directory, byte[] Name, long Since)> _byCookie = [];
    private readonly Queue<(uint Cookie, long Since)> _oldest = new();

    public void Left(uint cookie, DirectoryNode directory, ReadOnlySpan<byte> name)
    {
        long now = time.GetTimestamp();
        _byCookie[cookie] = (directory, name.ToArray(), now);
        _oldest.Enqueue((cookie, now));
    }

    /// <summary>The name that was left under this cookie, once.</summary>
    public (DirectoryNode Directory, byte[] Name)? Arrived(uint cookie) =>
        _byCookie.Remove(cookie, out var left) ? (left.Directory, left.Name) : null;

    /// <summary>Takes out one name that has waited long enough; call until null.</summary>
    /// <param name="next">How long until the next has; null: none waits.</param>
    public (DirectoryNode Directory, byte[] Name)? TakeExpired(out TimeSpan? next)
    {
        next = null;
        while (_oldest.TryPeek(out var oldest))
        {
            if (!_byCookie.TryGetValue(oldest.Cookie, out var left) || left.Since != oldest.Since)
            {
                _oldest.Dequeue();
                continue;
            }

            var waited = time.GetElapsedTime(left.Since);
            if (waited < length)
            {
                next = length - waited;
                return null;
            }

            _oldest.Dequeue();
            _byCookie.Remove(oldest.Cookie);
            return (left.Directory, left.Name);
        }

        return null;
    }
}
