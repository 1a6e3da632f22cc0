using System.Text;
using Microsoft.Extensions.Time.Testing;
using WatchPhoto.Scenarios.Tests.Model;
using WatchPhoto.Scenarios.Tests.Running;
using WatchPhoto.Testing;

namespace WatchPhoto.Scenarios.Tests.Histories;

/// <summary>
/// What several writers do to two libraries and a directory outside of them, thought up from a seed before anything happens:
/// the same seed is the same history. A model of the directories makes most of it possible; writers meet as they meet.
/// </summary>
internal sealed class History
{
    private const string MountPoint = "one/disk";

    private static readonly string[] Tops = ["one", "two", "outside"];

    private readonly byte[] _base;
    private readonly Dictionary<long, int> _open = [];
    private readonly List<string> _log = [];

    /// <param name="busyness">How many times more happens in a round.</param>
    public History(int seed, string @base, int rounds, int busyness = 1)
    {
        (Seed, Base, _base) = (seed, @base, Libc.Bytes(@base + "/"));
        var random = new Random(seed);
        var world = new ModelWorld(random, new FakeTimeProvider());
        HasMounts = random.Next(5) == 0 && Environment.IsPrivilegedProcess;
        HasLinks = random.Next(4) == 0;
        int writers = random.Next(1, 4);
        foreach (var top in Tops)
            world.Do(new Operation(Verb.Mkdir, top));
        if (HasMounts)
            world.Do(new Operation(Verb.Mkdir, MountPoint));
        var generator = new Generator(random, world, Tops) { Links = HasLinks, MountPoint = HasMounts ? MountPoint : null };
        for (int round = 0; round < rounds; round++)
        {
            var operations = Enumerable.Range(0, writers).Select(_ => new List<(Operation, int)>()).ToArray();
            for (int i = random.Next(20, 80) * busyness; i > 0; i--)
            {
                var operations_ = operations[random.Next(writers)];
                // Now and then longer than a file that stays open is waited for.
                int pause = random.Next(4) == 0 ? random.Next(1, 60) : random.Next(100) == 0 ? 700 : 0;
                foreach (var operation in generator.Next().Where(world.Do))
                {
                    operations_.Add((operation, pause));
                    pause = 0;
                }
            }

            Rounds.Add((operations, [.. generator.Calm().Where(world.Do)]));
        }
    }

    public int Seed { get; }
    public string Base { get; }
    public bool HasMounts { get; }
    public bool HasLinks { get; }

    /// <summary>By writer, each operation with a pause before it in milliseconds; and what ends the round.</summary>
    public List<(List<(Operation Operation, int Pause)>[] ByWriter, Operation[] Calm)> Rounds { get; } = [];

    public int Operations => Rounds.Sum(round => round.ByWriter.Sum(operations => operations.Count));

    /// <summary>What was done, and what the system refused.</summary>
    public string Log
    {
        get
        {
            lock (_log)
                return string.Join('\n', _log);
        }
    }

    public void Begin()
    {
        foreach (var top in Tops)
            Directory.CreateDirectory(Path.Combine(Base, top));
        if (!HasMounts)
            return;
        // The bare directory stays as it is, whichever of the writers comes between another's umount and mount.
        Steps.Run(
            "mkdir disk one/disk; chattr +i one/disk 2> /dev/null || true; mount -t tmpfs none disk; "
                + "mount --bind disk one/disk; write one/disk/first.jpg",
            Base);
    }

    /// <param name="slowness">How many times longer the pauses are.</param>
    public async Task LiveAsync(int round, int slowness = 1)
    {
        lock (_log)
            _log.Clear();
        await Task.WhenAll(Rounds[round].ByWriter.Select(operations => Task.Run(async () =>
        {
            foreach (var (operation, pause) in operations)
            {
                if (pause > 0)
                    await Task.Delay(pause * slowness);
                Do(operation);
            }
        })));
        foreach (var operation in Rounds[round].Calm)
            Do(operation);
        // Opened by one writer, to be closed by another who came first.
        foreach (int file in _open.Values)
            Libc.Close(file);
        _open.Clear();
        if (HasMounts)
            Shell.Run("mountpoint -q one/disk || mount --bind disk one/disk", Base);
    }

    public void End() => Shell.Remove(Base);

    private void Do(Operation operation)
    {
        bool done = operation.Verb switch
        {
            Verb.Mkdir => Libc.MakeDirectory(At(operation.Path)),
            Verb.Write => Libc.Write(At(operation.Path), operation.Number, creates: true, truncates: true),
            Verb.Append => Libc.Write(At(operation.Path), operation.Number, creates: false, truncates: false),
            Verb.Mknod => Libc.MakeFile(At(operation.Path)),
            Verb.WriteUnnamed => Libc.WriteUnnamed(
                At(operation.Path[..operation.Path.LastIndexOf('/')]), At(operation.Path), operation.Number),
            Verb.Truncate => Libc.Truncate(At(operation.Path), operation.Number),
            Verb.Open => Open(operation),
            Verb.WriteOpen => WriteOpen(operation.Number),
            Verb.Close => Close(operation.Number),
            Verb.Rename => Libc.Rename(At(operation.Path), At(operation.Target)),
            Verb.Exchange => Libc.Exchange(At(operation.Path), At(operation.Target)),
            Verb.Link => Libc.Link(At(operation.Path), At(operation.Target)),
            Verb.Symlink => Libc.Symlink(At(operation.Target), At(operation.Path)),
            Verb.Unlink => Libc.Unlink(At(operation.Path)),
            Verb.Rmdir => Libc.RemoveDirectory(At(operation.Path)),
            Verb.Remove => Remove(operation.Path),
            Verb.Touch => Libc.Touch(At(operation.Path)),
            Verb.Mount => Attempt($"mountpoint -q {MountPoint} || mount --bind disk {MountPoint}"),
            Verb.Unmount => Attempt($"umount {MountPoint}"),
            _ => false,
        };
        lock (_log)
            _log.Add($"  {operation}{(done ? "" : " (refused)")}");
    }

    private bool Open(Operation operation)
    {
        int file = Libc.Open(At(operation.Path), creates: true, truncates: false);
        lock (_open)
            return file >= 0 && _open.TryAdd(operation.Number, file);
    }

    private bool WriteOpen(long slot)
    {
        lock (_open)
        {
            if (!_open.TryGetValue(slot, out int file))
                return false;
            Libc.Write(file, 10);
            return true;
        }
    }

    private bool Close(long slot)
    {
        lock (_open)
        {
            if (!_open.Remove(slot, out int file))
                return false;
            Libc.Close(file);
            return true;
        }
    }

    private bool Remove(string path)
    {
        // The shell has no way to be given bytes but as such: single quotes keep them all.
        var script = new StringBuilder("rm -rf -- '").Append(path.Replace("'", "'\\''", StringComparison.Ordinal)).Append('\'');
        var file = Path.Combine(Base, $"remove-{Guid.NewGuid():N}.sh");
        File.WriteAllBytes(file, Encoding.Latin1.GetBytes(script.ToString()));
        bool done = Attempt($"bash {file}");
        File.Delete(file);
        return done;
    }

    private bool Attempt(string script)
    {
        try
        {
            Steps.Run(script, Base);
            return true;
        }
        catch (Xunit.Sdk.TrueException)
        {
            return false;
        }
    }

    private byte[] At(string path) => [.. _base, .. Libc.Bytes(path)];
}
