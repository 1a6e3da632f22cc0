using System.Text;
using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Reconcile;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Tracking;

/// <summary>
/// Where files were before the hints that are not looked at yet, by the pairs of hints that renames are told in. Nothing else tells
/// which file is which where numbers do not last and two of them have the same size and time. Owned by the tracker's thread.
/// </summary>
internal sealed class Renames
{
    // Halves whose others never come: moved out of all libraries. And of what was told of before the last looks, as many.
    private const int MostUnderWay = 1000;

    private readonly Dictionary<uint, Origin> _underWay = [];
    private readonly Dictionary<(DirectoryNode Directory, string Name), Origin> _taken = [];
    private Dictionary<DirectoryNode, Dictionary<byte[], Origin>> _origins = [];
    private (DirectoryNode From, byte[] FromName, DirectoryNode To, byte[] ToName, Origin? Displaced)? _last;

    public void Left(uint cookie, DirectoryNode directory, ReadOnlySpan<byte> name)
    {
        if (_underWay.Count >= MostUnderWay)
            _underWay.Clear();
        var before = Taken(directory, name);
        _underWay[cookie] = Remove(directory, name) ?? new Origin(directory, name.ToArray()) { Before = before is { IsFound: false } ? before : null };
    }

    /// <param name="from">What was left under this cookie; null: it came from where nobody looks.</param>
    public void Arrived(uint cookie, (DirectoryNode Directory, byte[] Name)? from, DirectoryNode directory, ReadOnlySpan<byte> name)
    {
        var displaced = Forget(directory, name);
        if (!_underWay.Remove(cookie, out var origin) || from is not { } left)
        {
            _last = null;
            return;
        }

        var last = _last;
        _last = (left.Directory, left.Name, directory, name.ToArray(), displaced);
        // There and back at once: two files have changed places, or one came back to where it had been. Where both are there, the first.
        if (last is { } there && there.From == directory && there.FromName.AsSpan().SequenceEqual(name)
            && there.To == left.Directory && there.ToName.AsSpan().SequenceEqual(left.Name))
        {
            _last = null;
            Put(left.Directory, left.Name, origin with { IsExchange = true });
            Put(directory, name.ToArray(), (there.Displaced ?? new Origin(there.To, there.ToName)) with { IsExchange = true });
        }
        else if (origin.Directory != directory || !origin.Name.AsSpan().SequenceEqual(name))
        {
            Put(directory, name.ToArray(), origin);
        }
    }

    /// <summary>Another file is there now, or none.</summary>
    /// <returns>Where the one before came from.</returns>
    public Origin? Forget(DirectoryNode directory, ReadOnlySpan<byte> name)
    {
        Taken(directory, name);
        return Remove(directory, name);
    }

    private Origin? Remove(DirectoryNode directory, ReadOnlySpan<byte> name)
    {
        if (!_origins.TryGetValue(directory, out var names))
            return null;
        names.GetAlternateLookup<ReadOnlySpan<byte>>().Remove(name, out _, out var origin);
        return origin;
    }

    /// <summary>Hints were lost.</summary>
    public void Clear()
    {
        _underWay.Clear();
        _origins.Clear();
        _taken.Clear();
        _last = null;
    }

    /// <summary>
    /// By directory and name, where the files that are there now come from, to be looked for. Of one that moves on before it is
    /// found, that is where it was <see cref="Origin.Before"/>.
    /// </summary>
    public IReadOnlyDictionary<DirectoryNode, Dictionary<byte[], Origin>> Take()
    {
        _last = null;
        var taken = _origins;
        if (taken.Count == 0)
            return taken;
        _origins = [];
        if (_taken.Count + taken.Sum(names => names.Value.Count) > MostUnderWay)
            _taken.Clear();
        foreach (var (directory, names) in taken)
        {
            foreach (var (name, origin) in names.Take(MostUnderWay))
                _taken[(directory, Encoding.Latin1.GetString(name))] = origin;
        }

        return taken;
    }

    private Origin? Taken(DirectoryNode directory, ReadOnlySpan<byte> name)
    {
        if (_taken.Count == 0)
            return null;
        _taken.Remove((directory, Encoding.Latin1.GetString(name)), out var origin);
        return origin;
    }

    private void Put(DirectoryNode directory, byte[] name, Origin origin)
    {
        if (!_origins.TryGetValue(directory, out var names))
            _origins.Add(directory, names = new Dictionary<byte[], Origin>(NameComparer.Instance));
        names[name] = origin;
    }
}
