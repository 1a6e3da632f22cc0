using System.Globalization;
using CsCheck;
using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Planning;
using WatchPhoto.Watcher.Reconcile;
using WatchPhoto.Watcher.State;

namespace WatchPhoto.Watcher.Tests;

/// <summary>
/// Random small graphs: some files are recorded at some paths, and meanwhile are renamed, exchanged, linked, removed, saved and back
/// again. What is decided is held against the statement itself. WATCHPHOTO_STEPS says how many graphs; a failure prints its seed,
/// CsCheck_Seed=... plays it again.
/// </summary>
public sealed class DecisionTests
{
    private const int Paths = 6;
    private const int Files = 9;
    // Of these the first four are recorded to begin with, the last were gone.
    private const int Recorded = 4;
    private const int Gone = 2;
    private const long Size = 1000;

    private static readonly DateTimeOffset s_now = DateTimeOffset.UnixEpoch.AddDays(20_000);

    private static readonly ObservedDirectory s_directory =
        new(new WatchedLibrary(1, new Library { Id = "photos", Name = "photos", Host = "here", Path = "/photos" }), []);

    private static readonly Gen<Step> s_step = Gen.Select(
        Gen.Int[0, 6], Gen.Int[0, Paths - 1], Gen.Int[0, Paths - 1], Gen.Int[0, Files - 1],
        (what, a, b, file) => new Step(what, a, b, file));

    private static readonly Gen<int[]> s_order =
        Gen.Int.Array[Paths].Select(keys => Enumerable.Range(0, Paths).OrderBy(path => keys[path]).ToArray());

    private static readonly Gen<World> s_worlds = Gen.Select(
        Gen.Int[0, Recorded].Array[Paths], s_step.Array[0, 6], s_order, Gen.Int[1, Paths],
        Gen.Bool.Array[Files], (recorded, steps, order, observed, young) => new World(recorded, steps, order[..observed], young));

    [Fact]
    public void A_photo_id_lives_at_one_path_only_the_file_has_it_by_identity_else_the_path_else_it_is_new()
    {
        int[] met = new int[Enum.GetValues<OutcomeKind>().Length];
        s_worlds.Sample(
            world =>
            {
                // Whatever a comparison has seen step by step, and in the end.
                world.Plan(final: false, met);
                world.Plan(final: true, met);
                Assert.All(world.Plan(final: true, met), outcome => Assert.Equal(OutcomeKind.Unchanged, outcome.Kind));
            },
            iter: Environment.GetEnvironmentVariable("WATCHPHOTO_STEPS") is { Length: > 0 } steps
                ? long.Parse(steps, CultureInfo.InvariantCulture) : 20_000);
        // These are of live events, of entries that a person has kept, and of files that are being written.
        OutcomeKind[] others = [OutcomeKind.TooSoon, OutcomeKind.FoundAgain, OutcomeKind.Unfinished];
        Assert.Equal([], Enum.GetValues<OutcomeKind>().Where(kind => met[(int)kind] == 0).Except(others));
    }

    /// <summary>What happens on the disk.</summary>
    private sealed record Step(int What, int A, int B, int File);

    /// <summary>A file at a path, with its photo's id.</summary>
    private sealed record Photo(int File, Guid Id, long Size);

    private sealed class World
    {
        private readonly bool[] _young;
        private readonly int[] _observed;
        private readonly Dictionary<int, int> _disk = [];
        private readonly long[] _sizes = [.. Enumerable.Repeat(Size, Files)];
        private Dictionary<int, Photo> _recorded = [];
        private Dictionary<int, Guid> _remembered = [];
        private int _ids;

        public World(int[] recorded, Step[] steps, int[] observed, bool[] young)
        {
            (_observed, _young) = (observed, young);
            for (int path = 0; path < Paths; path++)
            {
                if (recorded[path] == 0)
                    continue;
                _disk[path] = recorded[path] - 1;
                _recorded[path] = new Photo(recorded[path] - 1, NewId(), Size);
            }

            for (int file = Files - Gone; file < Files; file++)
                _remembered[file] = NewId();
            foreach (var step in steps)
                Do(step);
        }

        /// <summary>Plans for what is observed, holds it against the statement, and records it.</summary>
        public Outcome[] Plan(bool final, int[] met)
        {
            var graph = Gather(final);
            var before = new Before(_recorded, _remembered, _ids);
            var outcomes = new Outcome[graph.Paths.Count];
            Decisions.Decide(graph, new PlanTerms(final, IsAll: final, s_now, s_now, TimeSpan.FromSeconds(1)), NewId, outcomes);
            Record(graph, outcomes, met);

            Assert.Equal(_recorded.Count, _recorded.Values.Select(photo => photo.Id).Distinct().Count());
            foreach (var path in graph.Paths)
            {
                if (final)
                    IsRight(path, outcomes[path.Index], before, graph);
                else
                    IsRightSoFar(path, outcomes[path.Index], before, graph);
            }

            return outcomes;
        }

        private void Do(Step step)
        {
            bool isThere = _disk.TryGetValue(step.A, out int file);
            if (step.What == 0)
                _disk[step.A] = step.File;
            else if (step.What == 1 && isThere)
                _sizes[file]++;
            else if (step.What == 2)
                _disk.Remove(step.A);
            else if (step.What == 3 && isThere)
                _disk[step.B] = file;
            else if (step.What == 4 && isThere && _disk.TryGetValue(step.B, out int other))
                (_disk[step.A], _disk[step.B]) = (other, file);
            else if (step.What > 4 && isThere && step.A != step.B && _disk.Remove(step.A))
                _disk[step.B] = file;
        }

        // What is observed, and every other place where one of its files is recorded.
        private Graph Gather(bool final)
        {
            var graph = new Graph();
            foreach (int path in _observed)
                Add(graph, path);
            for (int i = 0; i < graph.Paths.Count; i++)
            {
                var path = graph.Paths[i];
                if (path.OnDisk is null || (!final && !graph.See(path.OnDisk.Value.Identity, path)) || !path.IsNewcomer)
                    continue;
                foreach (int name in _recorded.Where(each => each.Value.File == FileAt(path)).Select(each => each.Key).Order().ToList())
                    Add(graph, name);
            }

            return graph;
        }

        private void Add(Graph graph, int path)
        {
            var key = new EntryKey(1, [(byte)path]);
            if (graph.Find(key) is not null)
                return;
            FileFacts? onDisk = _disk.TryGetValue(path, out int file) ? Facts(file, _sizes[file]) : null;
            graph.Add(new PlannedPath
            {
                Key = key, Directory = s_directory, OnDisk = onDisk,
                Recorded = _recorded.TryGetValue(path, out var photo)
                    ? Entry.Of(key, "", photo.Id, version: 1, Facts(photo.File, photo.Size)) : null,
                From = new Observation { Directory = s_directory, Name = key.Name, OnDisk = onDisk },
                Remembered = onDisk is null ? null : _remembered.TryGetValue(file, out var id) ? id : null,
            });
        }

        private FileFacts Facts(int file, long size) => new()
        {
            Kind = FileKind.File, Device = 1, Inode = (ulong)file + 1, Size = size, Modified = default, Links = 1,
            Birth = new FileTime((_young[file] ? s_now : s_now.AddDays(-1)).ToUnixTimeSeconds(), 0),
        };

        private void Record(Graph graph, Outcome[] outcomes, int[] met)
        {
            (_recorded, _remembered) = (new(_recorded), new(_remembered));
            foreach (var path in graph.Paths.Where(path => outcomes[path.Index].Forgets))
                _remembered.Remove(FileAt(path)!.Value);
            foreach (var path in graph.Paths)
            {
                var outcome = outcomes[path.Index];
                Interlocked.Increment(ref met[(int)outcome.Kind]);
                if (outcome.Kind == OutcomeKind.Gone || outcome.Displaces)
                    _remembered[_recorded[NameOf(path)].File] = _recorded[NameOf(path)].Id;
                if (outcome.IsRemoved)
                    Assert.True(_recorded.Remove(NameOf(path)));
                if (outcome.IsTold)
                    _recorded[NameOf(path)] = new Photo(FileAt(path)!.Value, outcome.Id, path.OnDisk!.Value.Size);
            }
        }

        // What is not in the end yet: nobody takes over an id, and none gets lost.
        private void IsRightSoFar(PlannedPath path, Outcome outcome, Before before, Graph graph)
        {
            Assert.False(outcome.Kind is OutcomeKind.Inherited or OutcomeKind.Spent or OutcomeKind.Gone);
            if (path.OnDisk is not null && graph.Paths.Count(other => FileAt(other) == FileAt(path)) > 1 && path.IsNewcomer)
                Assert.False(outcome.IsTold);
            if (before.Recorded.TryGetValue(NameOf(path), out var photo) && before.NamesOf(photo.File).Count() == 1)
                Assert.True(_recorded.Values.Any(each => each.Id == photo.Id) || _remembered.GetValueOrDefault(photo.File) == photo.Id);
        }

        // The statement.
        private void IsRight(PlannedPath path, Outcome outcome, Before before, Graph graph)
        {
            var was = before.Recorded.GetValueOrDefault(NameOf(path));
            if (FileAt(path) is not { } file)
            {
                Assert.False(_recorded.ContainsKey(NameOf(path)));
                bool hasMoved = _recorded.Values.Any(photo => photo.Id == was?.Id);
                if (outcome.Kind is OutcomeKind.Gone or OutcomeKind.Left)
                    Assert.Equal(outcome.Kind == OutcomeKind.Left, hasMoved);
                return;
            }

            var id = _recorded[NameOf(path)].Id;
            Assert.Equal((file, _sizes[file]), (_recorded[NameOf(path)].File, _recorded[NameOf(path)].Size));
            if (was?.File == file)
            {
                Assert.Equal(was.Id, id);
                return;
            }

            // Names the file has left, that other paths it has come to have not taken.
            var newcomers = Newcomers(file).ToList();
            bool hasSource = Vacated(file).Count() > newcomers.Count(other => other != path && HasTaken(other, file));
            bool isRemembered = before.Remembered.TryGetValue(file, out var remembered)
                && !newcomers.Exists(other => other != path && (IdAt(other) == remembered || HasInherited(other, file)));
            bool isSave = _young[file] && HasLost(was);

            if (id == was?.Id)
                Assert.True(_young[file] || !(hasSource || isRemembered));
            else if (Vacated(file).Contains(id))
                Assert.False(isSave);
            else if (id == remembered)
                Assert.False(isSave || hasSource);
            else
                Assert.True(before.IsNew(id) && !HasLost(was) && !hasSource && !isRemembered);

            IEnumerable<PlannedPath> Newcomers(int file) =>
                graph.Paths.Where(other => FileAt(other) == file && !IsRecorded(other, file));
            IEnumerable<Guid> Vacated(int file) =>
                graph.Paths.Where(other => FileAt(other) != file && IsRecorded(other, file)).Select(other => WasAt(other)!.Value);
            bool IsRecorded(PlannedPath other, int file) => before.Recorded.GetValueOrDefault(NameOf(other))?.File == file;
            Guid? WasAt(PlannedPath other) => before.Recorded.GetValueOrDefault(NameOf(other))?.Id;
            Guid? IdAt(PlannedPath other) => _recorded.GetValueOrDefault(NameOf(other))?.Id;
            bool HasInherited(PlannedPath other, int file) => _young[file] && IdAt(other) == WasAt(other);
            bool HasTaken(PlannedPath other, int file) => Vacated(file).Contains(IdAt(other)!.Value) || HasInherited(other, file);
            // Its file is nowhere else, for sure: the id of one that was saved in another's place may have ended.
            bool HasLost(Photo? photo) =>
                photo is not null && !Newcomers(photo.File).Any(other => _young[photo.File] || IdAt(other) == photo.Id);
        }

        private int? FileAt(PlannedPath path) => _disk.TryGetValue(NameOf(path), out int file) ? file : null;

        private static int NameOf(PlannedPath path) => path.Key.Name[0];

        private Guid NewId() => new(++_ids, 0, 0, new byte[8]);
    }

    private sealed record Before(Dictionary<int, Photo> Recorded, Dictionary<int, Guid> Remembered, int Ids)
    {
        public IEnumerable<int> NamesOf(int file) => Recorded.Where(each => each.Value.File == file).Select(each => each.Key);

        public bool IsNew(Guid id) =>
            !Recorded.Values.Any(photo => photo.Id == id) && !Remembered.ContainsValue(id) && BitConverter.ToInt32(id.ToByteArray()) > Ids;
    }
}
