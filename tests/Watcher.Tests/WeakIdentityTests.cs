using CsCheck;
using WatchPhoto.Contracts;
using WatchPhoto.Testing;
using WatchPhoto.Watcher.Disk;

namespace WatchPhoto.Watcher.Tests;

/// <summary>Photos on a disk whose numbers do not last: known by what does.</summary>
public sealed class WeakIdentityTests : IDisposable
{
    private string _volume = "A";
    private readonly LiveWatcher _watcher;

    public WeakIdentityTests() => _watcher = new LiveWatcher { Disk = disk => new WeakDisk(disk) { Volume = _volume } };

    public static TheoryData<string> Modes => ["live", "down"];

    public void Dispose() => _watcher.Dispose();

    [Fact]
    public void After_a_mount_nothing_is_told_of_and_every_photo_keeps_its_id()
    {
        // A burst: the same size and time, so that nothing but their names tells them apart.
        for (int i = 0; i < 100; i++)
            Twin($"DCIM/IMG_{i:000}.RAW");
        var before = _watcher.Begin();
        for (int mount = 0; mount < 5; mount++)
            _watcher.During("down", "true");

        Same(before, _watcher.Settled());
        Assert.Empty(_watcher.Told);
        Assert.All(before.Values, entry => Assert.Equal(FileIdentity.NoNumber, entry.File.Inode));
    }

    [Theory, MemberData(nameof(Modes))]
    public void A_photo_that_is_renamed_or_whose_directory_is_keeps_its_id(string mode)
    {
        _watcher.Write("d/a.jpg", "a");
        _watcher.Write("d/b.jpg", "bb");
        _watcher.Write("c.jpg", "ccc");
        var before = _watcher.Begin();
        _watcher.During(mode, "mv d e; mv e/a.jpg x.jpg; mv c.jpg e/c2.jpg");

        var after = _watcher.Settled();
        Assert.Equal(before["d/a.jpg"].PhotoId, after["x.jpg"].PhotoId);
        Assert.Equal(before["d/b.jpg"].PhotoId, after["e/b.jpg"].PhotoId);
        Assert.Equal(before["c.jpg"].PhotoId, after["e/c2.jpg"].PhotoId);
        // Live, one that moves on between two looks may be gone for a moment.
        if (mode == "down")
            Assert.All(_watcher.Told, told => Assert.NotEqual(FileEventKind.Created, told.Kind));
    }

    [Theory, MemberData(nameof(Modes))]
    public void A_photo_that_is_edited_or_saved_keeps_its_id(string mode)
    {
        _watcher.Write("a.jpg", "a");
        _watcher.Write("b.jpg", "bb");
        var before = _watcher.Begin();
        _watcher.During(mode, "echo more >> a.jpg; echo other > .t; mv .t b.jpg");

        Same(before, _watcher.Settled());
    }

    [Fact]
    public void Of_twins_that_change_places_every_id_follows_its_photo_while_it_is_watched()
    {
        Twin("a.raw");
        Twin("b.raw");
        Twin("c.raw");
        var before = _watcher.Begin();
        _watcher.During("live", "mv a.raw t.raw; mv b.raw a.raw; mv t.raw b.raw; mv c.raw d.raw");

        Wait.Until(() => _watcher.Settled()["a.raw"].PhotoId == before["b.raw"].PhotoId);
        var after = _watcher.Settled();
        Assert.Equal(before["a.raw"].PhotoId, after["b.raw"].PhotoId);
        Assert.Equal(before["c.raw"].PhotoId, after["d.raw"].PhotoId);
    }

    [Fact]
    public void Of_twins_that_were_both_renamed_while_nobody_watched_neither_keeps_an_id()
    {
        Twin("a.raw");
        Twin("b.raw");
        Twin("c.raw");
        var before = _watcher.Begin();
        _watcher.During("down", "mv a.raw x.raw; mv b.raw y.raw; mv c.raw d.raw; mv d.raw c.raw");

        var after = _watcher.Settled();
        Assert.Equal(before["c.raw"].PhotoId, after["c.raw"].PhotoId);
        Assert.DoesNotContain(after["x.raw"].PhotoId, before.Values.Select(entry => entry.PhotoId));
        Assert.DoesNotContain(after["y.raw"].PhotoId, before.Values.Select(entry => entry.PhotoId));
    }

    [Fact]
    public void Of_a_directory_of_twins_that_was_renamed_while_nobody_watched_their_names_tell()
    {
        for (int i = 0; i < 2000; i++)
            _watcher.Write($"d/{i}.raw", new string('x', 1 + i / 50));
        Shell.Run("touch -d '2026-01-01 UTC' d/*", _watcher.Root);
        var before = _watcher.Begin();
        _watcher.During("down", "mv d e");

        var after = _watcher.Settled();
        Assert.All(before, entry => Assert.Equal(entry.Value.PhotoId, after["e/" + entry.Key[2..]].PhotoId));
    }

    [Fact]
    public void A_twin_of_one_that_is_deleted_does_not_get_its_id()
    {
        Twin("a.raw");
        Twin("b.raw");
        var before = _watcher.Begin();
        _watcher.During("live", "rm a.raw");
        _watcher.Settled();
        _watcher.During("live", "cp -p b.raw c.raw");

        Assert.DoesNotContain(_watcher.Settled()["c.raw"].PhotoId, before.Values.Select(entry => entry.PhotoId));
    }

    [Theory, MemberData(nameof(Modes))]
    public void What_comes_back_by_its_name_has_its_id_again(string mode)
    {
        Twin("d/a.raw");
        Twin("d/b.raw");
        var before = _watcher.Begin();
        _watcher.During(mode, "mv d ../outside/");
        Assert.Empty(_watcher.Settled());
        _watcher.During(mode, "mv ../outside/d e");

        var after = _watcher.Settled();
        Assert.Equal(before["d/a.raw"].PhotoId, after["e/a.raw"].PhotoId);
        Assert.Equal(before["d/b.raw"].PhotoId, after["e/b.raw"].PhotoId);
    }

    [Fact]
    public void Another_disk_at_the_same_place_is_not_the_library_and_the_known_one_goes_on_by_itself()
    {
        _watcher.Write("a.jpg");
        var before = _watcher.Begin();
        _watcher.Stop();
        _volume = "B";
        _watcher.Start();
        Wait.Until(() => _watcher.Ask(tracker => tracker.Libraries.Single().Offline is not null));
        Assert.Single(_watcher.Entries());

        _watcher.Stop();
        _volume = "A";
        _watcher.Start();
        Wait.Until(
            () => _watcher.Ask(tracker => tracker.Libraries.Single() is { Offline: null, DiskComparedAt: not null } && tracker.IsIdle));
        Same(before, _watcher.Settled());
        Assert.Empty(_watcher.Told);
    }

    // The statement: whatever is renamed, exchanged and deleted, an id is where it was, or with the very file it was given to. Where
    // nobody watched, that is: with the only file of this size and time that has appeared, if it is of the only one that is gone.
    [Fact]
    public void A_photo_never_gets_the_id_of_another()
    {
        string[] names = ["a", "b", "c", "d/a", "d/b", "d/c"];
        var step = Gen.Select(Gen.Int[0, 5], Gen.Int[0, 5], Gen.Int[0, 3], (from, to, what) => what switch
        {
            0 => $"rm -f {names[from]}",
            1 when from != to =>
                $"[ ! -e {names[from]} ] || [ ! -e {names[to]} ] || "
                    + $"{{ mv {names[from]} .t; mv {names[to]} {names[from]}; mv .t {names[to]}; }}",
            _ => $"[ ! -e {names[from]} ] || [ -e {names[to]} ] || mv -T {names[from]} {names[to]}",
        });
        Gen.Select(Gen.Int[0, 1].Array[6], step.Array[1, 6], Gen.Bool).Sample(
            (kinds, steps, isLive) =>
            {
                var clock = new SettableClock();
                using var watcher = new LiveWatcher { Disk = disk => new WeakDisk(disk), Time = clock };
                for (int i = 0; i < names.Length; i++)
                {
                    watcher.Write(names[i], kinds[i] == 0 ? "x" : "yy");
                    File.SetLastWriteTimeUtc(watcher.In(names[i]), DateTime.UnixEpoch.AddDays(20_000));
                }

                watcher.Start();
                var before = watcher.Settled();
                var files = Numbers(watcher.Root);
                // One that is a minute old is not what an editor saves in another's place.
                clock.Set(TimeSpan.FromMinutes(2));
                if (!isLive)
                    watcher.Stop();
                // The last hint: when it has been looked at, all are in.
                Shell.Run(string.Join('\n', steps) + "\necho the last one > z", watcher.Root);
                if (!isLive)
                    watcher.Start();
                var after = watcher.Settled();
                var now = Numbers(watcher.Root);
                var owners = before.ToDictionary(entry => entry.Value.PhotoId, entry => entry.Key);
                Assert.Equal(after.Count, after.Values.Select(entry => entry.PhotoId).Distinct().Count());
                foreach (var (path, entry) in after)
                {
                    if (!owners.TryGetValue(entry.PhotoId, out var was) || was == path)
                        continue;
                    bool IsLike(Dictionary<string, State.Entry> entries, string name) =>
                        entries.GetValueOrDefault(name)?.Size == entry.Size;
                    var gone = names.Where(name => IsLike(before, name) && !IsLike(after, name)).ToList();
                    var come = names.Where(name => IsLike(after, name) && !IsLike(before, name)).ToList();
                    // By name first, where that is one's alone on both sides.
                    var named = gone.Where(name => come.Contains(Path.GetFileName(name)) || come.Contains("d/" + Path.GetFileName(name)))
                        .ToList();
                    bool isOnly = IsLike(before, was) && (Path.GetFileName(was) == Path.GetFileName(path)
                        || (gone.Except(named).ToList() is [var one] && one == was
                            && come.Where(name => !named.Exists(other => Path.GetFileName(other) == Path.GetFileName(name)))
                                .ToList() is [var last] && last == path));
                    Assert.True(isLive ? files[was] == now[path] : isOnly, $"{path} has the id of {was}.\n{string.Join('\n', steps)}");
                }
            }, iter: 100, threads: 1);
    }

    [Fact]
    public void That_numbers_do_not_last_is_seen_where_nothing_else_says_so()
    {
        using var watcher = new LiveWatcher { Disk = disk => new WeakDisk(disk) { IsSecret = true }, SeesOtherNumbers = true };
        for (int i = 0; i < 30; i++)
            watcher.Write($"{i}.jpg", new string('x', i + 1));
        watcher.Start();
        var before = watcher.Settled();
        Wait.Until(() =>
        {
            watcher.Stop();
            watcher.Start();
            return watcher.Settled().Values.All(entry => entry.Identity.IsWeak);
        });
        Same(before, watcher.Settled());
        watcher.Told.Clear();
        watcher.Stop();
        watcher.Start();
        Same(before, watcher.Settled());
        Assert.Empty(watcher.Told);
    }

    private static Dictionary<string, string> Numbers(string root) => Find.Run(root, "-type", "f", "-printf", "%i %P\\0")
        .Select(line => System.Text.Encoding.UTF8.GetString(line).Split(' ')).ToDictionary(parts => parts[1], parts => parts[0]);

    private static void Same(Dictionary<string, State.Entry> before, Dictionary<string, State.Entry> after)
    {
        Assert.Equal(before.Keys.Order(StringComparer.Ordinal), after.Keys.Order(StringComparer.Ordinal));
        Assert.All(before, entry => Assert.Equal(entry.Value.PhotoId, after[entry.Key].PhotoId));
    }

    private void Twin(string path)
    {
        _watcher.Write(path);
        File.SetLastWriteTimeUtc(_watcher.In(path), DateTime.UnixEpoch.AddDays(20_000));
    }
}
