using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Mono.Unix.Native;
using WatchPhoto.Contracts;
using WatchPhoto.Scenarios.Tests.Histories;
using WatchPhoto.Watcher;
using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.State;
using WatchPhoto.Watcher.Tracking;

namespace WatchPhoto.Scenarios.Tests.Model;

/// <summary>What a history may do besides changing files.</summary>
internal sealed record Hardships
{
    /// <summary>Files change between any two looks of the watcher; else only while it rests.</summary>
    public bool Races { get; init; }

    /// <summary>Hints come in another order.</summary>
    public bool Reorders { get; init; }

    /// <summary>The kernel's queue is small.</summary>
    public bool Overflows { get; init; }

    /// <summary>Looks fail for no reason that means anything.</summary>
    public bool Errors { get; init; }

    /// <summary>Looks take long, so that a comparison takes many steps.</summary>
    public bool Slow { get; init; }

    /// <summary>The watcher dies between any two looks and is started again.</summary>
    public bool Crashes { get; init; }

    /// <summary>The kernel gives few watches.</summary>
    public bool FewWatches { get; init; }

    public bool Mounts { get; init; }
    public bool Locks { get; init; }
    public bool Links { get; init; }

    /// <summary>The file system keeps no birth times.</summary>
    public bool NoBirth { get; init; }

    /// <summary>Of one library no events are told.</summary>
    public bool Polls { get; init; }

    /// <summary>Between two rests things only move, and each photo id must follow its file.</summary>
    public bool OnlyMoves { get; init; }

    public static Hardships Of(Random random) => new()
    {
        Races = random.Next(2) == 0,
        Reorders = random.Next(3) == 0,
        Overflows = random.Next(3) == 0,
        Errors = random.Next(4) == 0,
        Crashes = random.Next(3) == 0,
        FewWatches = random.Next(6) == 0,
        Mounts = random.Next(4) == 0,
        Locks = random.Next(4) == 0,
        Links = random.Next(3) == 0,
        NoBirth = random.Next(6) == 0,
        Slow = random.Next(3) == 0,
        Polls = random.Next(5) == 0,
    };

    public override string ToString() =>
        string.Join(", ", GetType().GetProperties().Where(each => each.GetValue(this) is true).Select(each => each.Name));

    /// <summary>Whether all that happened between two rests is known to the watcher at once.</summary>
    public bool IsGentle => !Races && !Errors && !Locks && !Mounts && !FewWatches && !Links && !NoBirth && !Polls;
}

/// <summary>
/// A random history of a model machine, with the watcher's whole inside but its kernel and its bus: after every rest the
/// state is the disk, the events told make the same of a catalog, photo ids follow their files, and no watch is lost.
/// </summary>
internal sealed class ModelHistory : IDisposable
{
    private static readonly string[] Tops = ["one", "two", "outside"];

    private readonly int _seed;
    private readonly Random _random;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly Hardships _hardships;
    private readonly ModelWorld _world;
    private readonly StateDatabase _state = new(":memory:");
    private readonly Generator _generator;
    private readonly WatcherOptions _options = new()
    {
        Host = "model",
        RootCheckInterval = TimeSpan.FromSeconds(10),
        TroubleInterval = TimeSpan.FromSeconds(10),
        AuditInterval = TimeSpan.FromDays(365),
        MostDeletions = int.MaxValue,
    };

    private readonly Dictionary<string, ModelCatalog> _catalogs = new() { ["one"] = new(), ["two"] = new() };
    private readonly Queue<Operation> _moves = new();
    private readonly List<string> _log = [];
    private Dictionary<string, Entry> _before = [];
    private Tracker _tracker = null!;
    private ModelDisk? _disk;
    private bool _isCalm = true;
    private long _outboxRead;
    private long _told;

    public ModelHistory(int seed, Hardships? hardships = null)
    {
        _seed = seed;
        _random = new Random(seed);
        _hardships = hardships ?? Hardships.Of(_random);
        _world = new ModelWorld(_random, _time, !_hardships.NoBirth);
        _generator = new Generator(_random, _world, Tops)
        {
            Links = _hardships.Links, Locks = _hardships.Locks, MountPoint = _hardships.Mounts ? "one/disk" : null,
        };
        foreach (var top in Tops)
            _world.Do(new Operation(Verb.Mkdir, top));
        if (_hardships.Mounts)
        {
            _world.Do(new Operation(Verb.Mkdir, "one/disk"));
            _world.Do(new Operation(Verb.Mount, "one/disk", Number: 1));
        }
    }

    /// <summary>Operations that the system did not refuse.</summary>
    public int Done { get; private set; }

    /// <summary>Keeps every hint and every look in what a failure says.</summary>
    public bool Verbose { get; init; }

    /// <summary>Each step of the watcher ends after one look, as on a machine that has no time for it.</summary>
    public bool ShortSteps { get; init; }

    /// <summary>Takes down what the watcher does.</summary>
    public Trace? Trace { get; init; }

    public void Run(int operations)
    {
        try
        {
            for (int i = _random.Next(20); i > 0; i--)
                Happen();
            StartAgain();
            Announce();
            Rest();
            while (Done < operations)
            {
                if (_hardships.OnlyMoves)
                    LiveByMoving();
                else
                    Live();
            }
        }
        catch (Exception exception) when (exception is not Crash)
        {
            throw new InvalidOperationException(
                $"Seed {_seed} ({_hardships}): {exception.Message}\nWhat happened since the last rest:\n{string.Join('\n', _log)}",
                exception);
        }
    }

    public void Dispose() => _state.Dispose();

    private void Live()
    {
        _isCalm = false;
        if (_hardships.Overflows)
            _world.MostEvents = _random.Next(1, 40);
        if (_hardships.FewWatches)
            _world.MostWatches = _random.Next(2, 12);
        int bursts = _random.Next(1, 8);
        for (int burst = 0; burst < bursts; burst++)
        {
            for (int i = _random.Next(1, 8); i > 0; i--)
                Happen();
            // Ids are certain only where nothing of a burst is seen before its end.
            if (_hardships.IsGentle)
            {
                Deliver(all: true);
                continue;
            }

            try
            {
                Deliver(all: false);
                for (int i = _random.Next(3); i > 0; i--)
                    Work();
                Advance(_random.Next(5) switch
                {
                    0 => TimeSpan.FromSeconds(_random.Next(90)),
                    1 => TimeSpan.FromMilliseconds(_random.Next(1000)),
                    _ => TimeSpan.FromMilliseconds(_random.Next(10)),
                });
                if (_hardships.Crashes && _random.Next(6) == 0)
                    throw new Crash();
            }
            catch (Crash)
            {
                StartAgain();
            }
        }

        if (_hardships is { IsGentle: true, Crashes: true } && _random.Next(2) == 0)
            StartAgain();
        Rest();
    }

    // First files are made, which are still young when they are moved, or not any more.
    private void LiveByMoving()
    {
        for (int i = 10; i > 0; i--)
            Happen();
        Rest(TimeSpan.FromSeconds(_random.Next(2) == 0 ? 3 : 95));
        (_isCalm, _generator.OnlyMoves) = (false, true);
        for (int burst = _random.Next(1, 8); burst > 0; burst--)
        {
            for (int i = _random.Next(1, 4); i > 0; i--)
                Happen();
            Deliver(all: true);
            Work();
            Advance(TimeSpan.FromMilliseconds(_random.Next(10)));
        }

        Rest();
        _generator.OnlyMoves = false;
        _moves.Clear();
    }

    private void Happen()
    {
        if (_generator.OnlyMoves)
        {
            // What belongs together happens one by one, whatever the watcher sees in between.
            if (_moves.Count == 0)
                _generator.Next().ToList().ForEach(_moves.Enqueue);
            if (_moves.TryDequeue(out var move) && (move.Verb == Verb.Exchange || _world.Find(move.Target) is null))
                Do(move);
        }
        else
        {
            foreach (var operation in _generator.Next())
                Do(operation);
        }
    }

    private void Do(Operation operation)
    {
        if (!_world.Do(operation))
            return;
        Done++;
        _log.Add("  " + operation);
    }

    private Errno BeforeLook(string call, ModelNode? at, string name)
    {
        if (Verbose || Trace is not null)
        {
            string called = $"{call} {(at is null ? "" : _world.PathOf(at))} {name}";
            Trace?.Call(called);
            if (Verbose)
                _log.Add("    " + called);
        }

        if (_hardships.Slow && _random.Next(8) == 0)
            Advance(TimeSpan.FromMilliseconds(_random.Next(100)));
        if (_isCalm)
            return 0;
        if (_hardships.Races && _random.Next(_generator.OnlyMoves ? 2 : 6) == 0)
            Happen();
        // What is read ahead is only heard of later.
        if (_hardships.Crashes && TaskScheduler.Current is not AtOnce && _random.Next(200) == 0)
            throw new Crash();
        return _hardships.Errors && _random.Next(30) == 0 ? Errno.EIO : 0;
    }

    private void StartAgain()
    {
        _log.Add("  (the watcher is started)");
        _world.ForgetWatches();
        _disk?.CloseAll();
        _disk = new ModelDisk(_world, BeforeLook);
        _tracker = new Tracker(_state, _disk, _options, _time, NullLogger.Instance, MayCrash, _ => { }, new AtOnce())
        {
            MovedAtOnce = 2,
            StepTime = ShortSteps ? TimeSpan.Zero : TimeSpan.FromMilliseconds(50),
        };
        Attempt(_tracker.Start);
    }

    private void MayCrash()
    {
        if (_hardships.Crashes && !_isCalm && _random.Next(20) == 0)
            throw new Crash();
    }

    private void Announce()
    {
        _tracker.Announced([.. _catalogs.Keys.Select(id =>
            new Library
            {
                Id = id, Name = id, Host = "model", Owner = _state.Id, Path = "/" + id, Include = ["**/*"],
                Watch = IsPolled(id) ? WatchMode.Poll : WatchMode.Auto,
            })]);
        Assert.Equal(_catalogs.Count, _tracker.Libraries.Count);
    }

    private void Deliver(bool all)
    {
        for (int count = all ? int.MaxValue : _random.Next(1 + _world.WaitingEvents); count > 0 && _world.WaitingEvents > 0; count--)
        {
            int index = _hardships.Reorders && _random.Next(3) == 0 ? _random.Next(Math.Min(5, _world.WaitingEvents)) : 0;
            var (watch, mask, cookie, name) = _world.TakeEvent(index);
            if (Verbose)
                _log.Add($"    hint {watch} {mask} {cookie} {Encoding.UTF8.GetString(name)}");
            Attempt(() => _tracker.Hint(watch, mask, cookie, name));
        }
    }

    private TimeSpan Work()
    {
        if (Verbose)
            _log.Add("    work");
        var idle = _tracker.Work();
        if (Verbose || Trace is not null)
            ReadTold();
        return idle;
    }

    private void ReadTold()
    {
        lock (_state.Gate)
        {
            foreach (var row in _state.ReadOutbox(_told, int.MaxValue))
            {
                _told = row.Sequence;
                foreach (var said in row.Events)
                {
                    Trace?.Event(row.LibraryId, said);
                    if (Verbose)
                        _log.Add($"    told {row.LibraryId} {said.Kind} {said.OldPath} {said.Path} {said.PhotoId} {said.File?.Inode}");
                }
            }
        }
    }

    private void Attempt(Action work)
    {
        while (true)
        {
            try
            {
                work();
                return;
            }
            catch (Crash)
            {
                StartAgain();
                return;
            }
        }
    }

    private void Advance(TimeSpan time) => _time.Advance(time);

    private void Rest() => Rest(TimeSpan.FromSeconds(95));

    private void Rest(TimeSpan length)
    {
        foreach (var operation in _generator.Calm())
        {
            if (_world.Do(operation))
                _log.Add("  " + operation);
        }

        _isCalm = true;
        _world.MostEvents = _world.MostWatches = int.MaxValue;
        Settle(length);
        // No event tells what was written through a name outside of every library, or that a disk was mounted.
        if (_hardships.Links || _hardships.Mounts)
        {
            foreach (var library in _tracker.Libraries)
                _tracker.Act(new LibraryActionRequested { LibraryId = library.Id, Action = LibraryAction.Compare, Reason = "" });
            Settle(length);
        }

        _log.Add("  (rest)");
        Check();
        _log.Clear();
    }

    private void Settle(TimeSpan length)
    {
        var waited = TimeSpan.Zero;
        for (int turns = 0; waited < length; turns++)
        {
            Assert.True(turns < 20_000, "The watcher does not come to rest.");
            Deliver(all: true);
            var idle = Work();
            Collect();
            if (_world.WaitingEvents > 0 || idle <= TimeSpan.Zero)
                continue;
            Advance(idle);
            waited += idle;
        }
    }

    private void Collect()
    {
        lock (_state.Gate)
        {
            foreach (var row in _state.ReadOutbox(_outboxRead, int.MaxValue))
            {
                _catalogs[row.LibraryId].Apply(row.Events);
                _outboxRead = row.Sequence;
                _state.RemoveOutbox(row.Sequence);
            }
        }
    }

    private void Check()
    {
        var entries = new Dictionary<string, Entry>(StringComparer.Ordinal);
        int directories = 0;
        foreach (var library in _tracker.Libraries)
        {
            var of = Entries(library);
            var (disk, count) = OnDisk(library);
            directories += IsPolled(library.Id) ? 0 : count;
            Compare($"{library.Id}: the state is not the disk", disk, of.ToDictionary(entry => entry.Key, entry => Text(entry.Value)));
            Compare(
                $"{library.Id}: the events make another catalog",
                of.ToDictionary(entry => entry.Key, entry => $"{Text(entry.Value)} {entry.Value.PhotoId}"),
                _catalogs[library.Id].Live().ToDictionary(photo => photo.Key, photo => $"{Text(photo.Value)} {photo.Value.PhotoId}"));
            Assert.True(library.Entries == of.Count, $"{library.Id}: {library.Entries} entries counted, {of.Count} there");
            Assert.True(library.Digest == of.Values.Sum(entry => entry.Digest), $"{library.Id}: the digest is not the sum of its entries'");
            foreach (var (path, entry) in of)
                entries.Add($"{library.Id}/{path}", entry);
        }

        var twice = entries.GroupBy(entry => entry.Value.PhotoId).FirstOrDefault(group => group.Count() > 1);
        Assert.True(twice is null, $"One photo id at {string.Join(" and ", twice?.Select(entry => entry.Key) ?? [])}");
        Assert.True(_world.Watches == directories, $"{_world.Watches} watches for {directories} directories");
        Assert.True(_tracker.Watches == directories, $"The tracker counts {_tracker.Watches} watches for {directories} directories");
        if (_generator.OnlyMoves)
            CheckAllIds(entries);
        else if (_hardships.IsGentle)
            CheckIds(entries);
        _before = entries;
    }

    // A file keeps its id wherever it goes. Only where a new file was met at its old path first, that one has it, wherever that path
    // has gone with its directory.
    private void CheckIds(Dictionary<string, Entry> entries)
    {
        var before = _before.ToDictionary(entry => entry.Value.Identity);
        var kept = entries.Values.Select(entry => entry.PhotoId).ToHashSet();
        bool isSeenAtOnce = _hardships is { Slow: false, Overflows: false, Crashes: false };
        bool isHintedAtOnce = !_hardships.Overflows;
        foreach (var (path, entry) in entries)
        {
            bool isYoung = _time.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(entry.Identity.Seconds) < TimeSpan.FromMinutes(4);
            if (isYoung || !before.TryGetValue(entry.Identity, out var same))
                continue;
            // Each library is scanned by itself, a slow scan is not waited for, and of lost hints some may be of the old place,
            // others of the new one: then the new file at the old place may be met first, and has the photo id.
            bool isFollowed = isHintedAtOnce && (isSeenAtOnce || (!_hardships.Slow && path.Split('/')[0] == same.Key.Split('/')[0]));
            if (!isFollowed && (entries.ContainsKey(same.Key) || kept.Contains(same.Value.PhotoId)))
                continue;
            Assert.True(same.Value.PhotoId == entry.PhotoId, $"{path}: its photo id did not follow the file from {same.Key}");
        }
    }

    private void CheckAllIds(Dictionary<string, Entry> entries)
    {
        var now = entries.ToLookup(entry => entry.Value.PhotoId);
        foreach (var (path, entry) in _before)
            Assert.True(
                now[entry.PhotoId].Any(same => same.Value.Identity == entry.Identity), $"{path}: its photo id did not follow the file");
    }

    private Dictionary<string, Entry> Entries(WatchedLibrary library)
    {
        var entries = new Dictionary<string, Entry>(StringComparer.Ordinal);
        lock (_state.Gate)
        {
            foreach (var directory in _state.DirectoriesBelow(library, []))
            {
                foreach (var entry in _state.EntriesOf(directory.Row))
                    entries.Add(PhotoPath.Encode([.. directory.Path, .. entry.Key.Name]), entry);
            }
        }

        return entries;
    }

    private bool IsPolled(string library) => _hardships.Polls && library == "two";

    private (Dictionary<string, string> Files, int Directories) OnDisk(WatchedLibrary library)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        int directories = 1;
        foreach (var (path, node) in _world.Below(library.Id))
        {
            if (Generator.IsLeftOut(path))
                continue;
            if (node.Kind == FileKind.Directory)
                directories++;
            else if (node.Kind == FileKind.File)
                files.Add(PhotoPath.Encode(Encoding.Latin1.GetBytes(path)), Text(node.Size, node.Modified, node.Inode, node.Birth));
        }

        return (files, directories);
    }

    private static string Text(Entry entry) => Text(entry.Size, entry.Modified, entry.Identity.Inode, entry.Identity.Birth);

    private static string Text(FileEvent photo) =>
        Text(photo.File!.Size, photo.File.ModifiedAt, photo.File.Inode, photo.File.BirthTime);

    private static string Text(long size, FileTime modified, ulong inode, FileTime? birth) => $"{size} {modified} {inode} {birth}";

    private static void Compare(string sentence, Dictionary<string, string> expected, Dictionary<string, string> found)
    {
        var differences = new List<string>();
        foreach (var path in expected.Keys.Union(found.Keys).Order(StringComparer.Ordinal))
        {
            var (should, does) = (expected.GetValueOrDefault(path, "-"), found.GetValueOrDefault(path, "-"));
            if (should != does)
                differences.Add($"  {path}: {should}, but {does}");
        }

        Assert.True(differences.Count == 0, $"{sentence}\n{string.Join('\n', differences.Take(20))}");
    }

    private sealed class Crash : Exception;

    /// <summary>Reads ahead as early as can be, so that much happens before it counts.</summary>
    private sealed class AtOnce : TaskScheduler
    {
        protected override void QueueTask(Task task) => TryExecuteTask(task);

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => TryExecuteTask(task);

        protected override IEnumerable<Task> GetScheduledTasks() => [];
    }
}
