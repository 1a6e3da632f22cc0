using WatchPhoto.Contracts;

namespace WatchPhoto.Scenarios.Tests.Model;

/// <summary>
/// What the published events make of a catalog, by the algebra's meaning and none of its code: whatever their order, for
/// every path the highest version counts, unless a directory above was removed by a higher one.
/// </summary>
internal sealed class ModelCatalog
{
    private readonly Dictionary<string, (long Version, FileEvent? Live)> _registers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _removed = new(StringComparer.Ordinal);

    public long Events { get; private set; }

    public void Apply(IReadOnlyList<FileEvent> events)
    {
        foreach (var one in events)
        {
            Events++;
            if (one.Kind == FileEventKind.DirectoryRemoved)
            {
                _removed[one.Path] = Math.Max(one.Version, _removed.GetValueOrDefault(one.Path));
                continue;
            }

            Put(one.Path, one.Version, one.Kind == FileEventKind.Deleted ? null : one);
            if (one.Kind == FileEventKind.Moved)
                Put(one.OldPath!, one.Version, null);
        }
    }

    /// <summary>The living registers by path.</summary>
    public Dictionary<string, FileEvent> Live()
    {
        var live = new Dictionary<string, FileEvent>(StringComparer.Ordinal);
        foreach (var (path, register) in _registers)
        {
            if (register.Live is { } photo && !IsRemoved(path, register.Version))
                live.Add(path, photo);
        }

        return live;
    }

    private void Put(string path, long version, FileEvent? live)
    {
        if (_registers.TryGetValue(path, out var before)
            && (before.Version > version || (before.Version == version && before.Live is not null)))
            return;
        _registers[path] = (version, live);
    }

    // A name that is not UTF-8 begins with a slash: a double one in the path is not the end of a directory.
    private bool IsRemoved(string path, long version)
    {
        for (int slash = path.IndexOf('/', 1); slash > 0; slash = path.IndexOf('/', slash + 1))
        {
            if (path[slash - 1] != '/' && _removed.TryGetValue(path[..slash], out long removed) && removed > version)
                return true;
        }

        return false;
    }
}
