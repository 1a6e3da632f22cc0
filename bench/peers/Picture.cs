using System.Globalization;
using System.Text;
using Mono.Unix;
using Mono.Unix.Native;
using WatchPhoto.Contracts;
using WatchPhoto.Scenarios.Tests.Running;

namespace WatchPhoto.Peers;

/// <summary>
/// What somebody knows of a tree who believes what he is told: something is there or was written (he looks at it now),
/// something is gone (with all below), something was renamed (with all below).
/// </summary>
internal sealed class Picture(string root)
{
    private static int s_identities;

    private readonly Dictionary<string, Seen> _files = new(StringComparer.Ordinal);
    private List<(string Below, Seen File)> _moving = [];

    public Dictionary<string, Seen> Files => new(_files, StringComparer.Ordinal);

    /// <summary>All that is there, as a careful user lists it when the watch is established.</summary>
    public void List()
    {
        foreach (var (path, file) in Tree.Files(root))
            _files[path] = new Seen(file, NewIdentity());
    }

    /// <param name="identity">null: it was told none.</param>
    public void There(byte[] path, string? identity = null)
    {
        if (Relative(path) is not { } name)
            return;
        var key = PhotoPath.Encode(name);
        if (Look(path) is { } file)
            _files[key] = new Seen(file, identity ?? _files.GetValueOrDefault(key)?.Identity ?? NewIdentity());
        else
            _files.Remove(key);
    }

    public void Gone(byte[] path) => Take(path);

    public void Renamed(byte[] from, byte[] to)
    {
        MovedFrom(from);
        MovedTo(to);
    }

    /// <summary>Gone, but for the case that the other half of a move comes next.</summary>
    public void MovedFrom(byte[] path) => _moving = Take(path);

    public void MovedTo(byte[] path)
    {
        var (moving, single) = (_moving, default(string));
        _moving = [];
        if (Relative(path) is not { } name)
            return;
        Take(path);
        var key = PhotoPath.Encode(name);
        foreach (var (below, file) in moving)
        {
            _files[key + below] = file;
            if (below.Length == 0)
                single = file.Identity;
        }

        There(path, single);
    }

    /// <summary>The other half does not come.</summary>
    public void MoveIsOver() => _moving = [];

    private List<(string, Seen)> Take(byte[] path)
    {
        if (Relative(path) is not { } name)
            return [];
        var key = PhotoPath.Encode(name);
        List<(string, Seen)> taken = [];
        foreach (var (each, file) in _files)
        {
            if (key.Length == 0 || each == key || each.StartsWith(key + "/", StringComparison.Ordinal))
                taken.Add((each[key.Length..], file));
        }

        foreach (var (below, _) in taken)
            _files.Remove(key + below);
        return taken;
    }

    // null: it is not below the root.
    private byte[]? Relative(byte[] path)
    {
        var start = Encoding.UTF8.GetBytes(root);
        if (!path.AsSpan().StartsWith(start))
            return null;
        var rest = path.AsSpan(start.Length);
        return rest.Length == 0 ? [] : rest[0] == '/' ? rest[1..].ToArray() : null;
    }

    private static FileSays? Look(byte[] path) =>
        Syscall.lstat(UnixEncoding.Instance.GetString(path), out var stat) == 0
            && (stat.st_mode & FilePermissions.S_IFMT) == FilePermissions.S_IFREG
            ? new FileSays(stat.st_size, new FileTime(stat.st_mtime, (int)stat.st_mtime_nsec).ToString())
            : null;

    private static string NewIdentity() => Interlocked.Increment(ref s_identities).ToString(CultureInfo.InvariantCulture);
}
