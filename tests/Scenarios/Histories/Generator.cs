using System.Text;
using WatchPhoto.Scenarios.Tests.Model;
using WatchPhoto.Watcher.Disk;

namespace WatchPhoto.Scenarios.Tests.Histories;

/// <summary>
/// Thinks up what people and programs do to directories. It looks at a model of them, so that most of it is possible;
/// what is not is refused and changes nothing.
/// </summary>
internal sealed class Generator(Random random, ModelWorld world, IReadOnlyList<string> tops)
{
    /// <summary>Few names, the same for files and directories, so that they meet often.</summary>
    private static readonly string[] Names =
    [
        "a", "b", "c", "d", "e.jpg", "f.jpg", "A", "g h", "caf\xe9", Latin1("café"), Latin1("café"), Latin1("照片.jpg"),
        "new\nline", "-rf", "$x", "\"q'", "100%", "d\xff", new string('n', 255), ".hidden", "x.tmp",
    ];

    private const int MostDepth = 6;
    private const int MostFiles = 60;
    private long _slots;
    private readonly List<long> _open = [];

    /// <summary>Where a file system is mounted and unmounted; null: nowhere.</summary>
    public string? MountPoint { get; init; }

    /// <summary>Whether directories are closed to everybody and opened again.</summary>
    public bool Locks { get; init; }

    /// <summary>Whether files get several names.</summary>
    public bool Links { get; init; }

    /// <summary>Whether from now on things only move, to names that are free and watched: then each of them goes on being itself.</summary>
    public bool OnlyMoves { get; set; }

    /// <summary>The next thing to happen: an operation, or a few that belong together.</summary>
    public IEnumerable<Operation> Next() =>
        (OnlyMoves ? Move() : Think()).Where(operation => MountPoint is null || operation.Verb is Verb.Mount or Verb.Unmount
            || (LeavesMountPoint(operation.Path) && LeavesMountPoint(operation.Target)));

    // The bare directory below a disk stays as it is: what is put there is out of sight once the disk is back.
    private bool LeavesMountPoint(string path) => path != MountPoint
        && (!path.StartsWith(MountPoint + "/", StringComparison.Ordinal) || world.Find(MountPoint!) is { IsVolumeRoot: true });

    private Operation[] Think()
    {
        int chance = random.Next(100);
        return chance switch
        {
            < 10 => [new Operation(Verb.Mkdir, NewPath())],
            < 22 => [new Operation(Verb.Write, NewPath(), Number: Size())],
            < 24 => [new Operation(Verb.Mknod, NewPath())],
            < 26 => [new Operation(Verb.WriteUnnamed, NewPath(), Number: Size())],
            < 29 => [new Operation(Verb.Write, AnyFile(), Number: Size())],
            < 32 => [new Operation(Verb.Append, AnyFile(), Number: Size())],
            < 34 => [new Operation(Verb.Truncate, AnyFile(), Number: Size())],
            < 39 => Save(AnyFile()),
            < 52 => [new Operation(Verb.Rename, AnyFile(), NewPath())],
            < 57 => [new Operation(Verb.Rename, AnyFile(), AnyFile())],
            < 66 => [new Operation(Verb.Rename, AnyDirectory(), NewPath())],
            < 67 => [new Operation(Verb.Rename, AnyDirectory(), AnyDirectory())],
            < 70 => [new Operation(Verb.Exchange, AnyFile(), AnyFile())],
            < 73 => [new Operation(Verb.Exchange, AnyDirectory(), random.Next(3) == 0 ? AnyFile() : AnyDirectory())],
            < 75 => Rotate(),
            < 77 => Refill(),
            < 79 => !Links ? [] : random.Next(3) == 0 ? Publish() : [new Operation(Verb.Link, AnyFile(), NewPath())],
            < 81 => Swap(AnyDirectory()),
            < 87 => [new Operation(Verb.Unlink, AnyFile())],
            < 89 => [new Operation(Verb.Rmdir, AnyDirectory())],
            < 91 => [new Operation(Verb.Remove, AnyDirectory())],
            < 93 => [new Operation(Verb.Touch, AnyFile())],
            < 94 => Slot(),
            < 97 => Locks ? [new Operation(random.Next(3) == 0 ? Verb.Lock : Verb.Unlock, AnyDirectory())] : [],
            _ => MountPoint is null ? [] : [new Operation(random.Next(2) == 0 ? Verb.Mount : Verb.Unmount, MountPoint, Number: 1)],
        };
    }

    private Operation[] Move()
    {
        Operation[] moves = random.Next(10) switch
        {
            < 2 => [new Operation(Verb.Rename, AnyFile(), NewPath())],
            < 3 => [new Operation(Verb.Rename, AnyDirectory(), NewPath())],
            < 4 => [new Operation(Verb.Exchange, AnyFile(), AnyFile())],
            < 5 => [new Operation(Verb.Exchange, AnyDirectory(), random.Next(3) == 0 ? AnyFile() : AnyDirectory())],
            _ => Rotate(),
        };
        return moves.All(each => IsWatched(each.Path) && IsWatched(each.Target)) ? moves : [];
    }

    private bool IsWatched(string path) => tops.Take(2).Contains(path.Split('/')[0]) && !IsLeftOut(path);

    /// <summary>Whether a library's usual settings leave the path out, by the names that are thought up here.</summary>
    public static bool IsLeftOut(string path) =>
        path.Split('/').Any(name => name.StartsWith('.') || name.EndsWith(".tmp", StringComparison.Ordinal));

    // Written beside and renamed over, by way of a name that is left out, or of one that is not.
    private Operation[] Save(string path)
    {
        var beside = path[..(path.LastIndexOf('/') + 1)] + (random.Next(2) == 0 ? ".save" : "save");
        return [new Operation(Verb.Write, beside, Number: Size()), new Operation(Verb.Rename, beside, path)];
    }

    // Written under a name that is left out, and given its own by a link: so a file of this name is never replaced.
    private Operation[] Publish()
    {
        var path = NewPath();
        var beside = path[..(path.LastIndexOf('/') + 1)] + ".save";
        return [new Operation(Verb.Write, beside, Number: Size()), new Operation(Verb.Link, beside, path),
            new Operation(Verb.Unlink, beside)];
    }

    private Operation[] Rotate()
    {
        var (one, two, three) = random.Next(2) == 0 ? (AnyFile(), AnyFile(), AnyFile()) : (AnyDirectory(), AnyDirectory(), AnyDirectory());
        var aside = Top() + "/aside";
        return
        [
            new Operation(Verb.Rename, one, aside), new Operation(Verb.Rename, two, one), new Operation(Verb.Rename, three, two),
            new Operation(Verb.Rename, aside, three),
        ];
    }

    // Away, and another of the same name at once.
    private Operation[] Refill()
    {
        var path = AnyFile();
        return
        [
            random.Next(2) == 0 ? new Operation(Verb.Unlink, path) : new Operation(Verb.Rename, path, NewPath()),
            new Operation(Verb.Write, path, Number: Size()),
        ];
    }

    // A directory is moved and a symbolic link left in its place.
    private Operation[] Swap(string path)
    {
        var target = NewPath();
        return [new Operation(Verb.Rename, path, target), new Operation(Verb.Symlink, path, target)];
    }

    private Operation[] Slot()
    {
        if (_open.Count > 0 && random.Next(2) == 0)
        {
            int which = random.Next(_open.Count);
            long slot = _open[which];
            if (random.Next(2) == 0)
                return [new Operation(Verb.WriteOpen, "", Number: slot)];
            _open.RemoveAt(which);
            return [new Operation(Verb.Close, "", Number: slot)];
        }

        _open.Add(++_slots);
        return [new Operation(Verb.Open, random.Next(2) == 0 ? NewPath() : AnyFile(), Number: _slots),
            new Operation(Verb.WriteOpen, "", Number: _slots)];
    }

    /// <summary>Ends what is half done: open files are closed, locks opened, the disk mounted.</summary>
    public IEnumerable<Operation> Calm()
    {
        foreach (long slot in _open)
            yield return new Operation(Verb.Close, "", Number: slot);
        _open.Clear();
        if (MountPoint is not null)
            yield return new Operation(Verb.Mount, MountPoint, Number: 1);
        while (true)
        {
            var locked = tops.SelectMany(top => world.Below(top).Where(each => each.Node.IsLocked).Select(each => $"{top}/{each.Path}"))
                .FirstOrDefault();
            if (locked is null)
                yield break;
            yield return new Operation(Verb.Unlock, locked);
        }
    }

    private int Size() => random.Next(1, 5000);

    private string Top() => tops[random.Next(tops.Count)];

    private string NewPath()
    {
        var directory = AnyDirectory(includingTops: true);
        // Many files: rather meet one than make another.
        if (world.Find(directory)?.Children is { Count: > MostFiles / 4 } children)
            return $"{directory}/{children.Keys.ElementAt(random.Next(children.Count))}";
        return $"{directory}/{Name()}";
    }

    private string Name() => random.Next(3) > 0 ? Names[random.Next(6)] : Names[random.Next(Names.Length)];

    private string AnyDirectory() => AnyDirectory(includingTops: false);

    private string AnyDirectory(bool includingTops)
    {
        var path = Top();
        var node = world.Find(path);
        for (int depth = random.Next(includingTops ? 0 : 1, MostDepth); depth > 0 && node?.Children is { } children; depth--)
        {
            var below = children.Where(child => child.Value.Kind == FileKind.Directory).Select(child => child.Key).ToList();
            if (below.Count == 0)
                break;
            path += "/" + below[random.Next(below.Count)];
            node = world.Find(path);
        }

        return includingTops || path.Contains('/', StringComparison.Ordinal) ? path : $"{path}/{Name()}";
    }

    private string AnyFile()
    {
        for (int attempt = 0; attempt < 6; attempt++)
        {
            var directory = AnyDirectory(includingTops: true);
            if (world.Find(directory)?.Children is { } children
                && children.Where(child => child.Value.Kind == FileKind.File).Select(child => child.Key).ToList() is { Count: > 0 } files)
                return $"{directory}/{files[random.Next(files.Count)]}";
        }

        return $"{AnyDirectory(includingTops: true)}/{Name()}";
    }

    private static string Latin1(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));
}
