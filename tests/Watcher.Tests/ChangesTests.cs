using WatchPhoto.Contracts;
using WatchPhoto.Testing;

namespace WatchPhoto.Watcher.Tests;

public sealed class ChangesTests : IDisposable
{
    private readonly LiveWatcher _watcher = new();

    public static TheoryData<string> Modes => ["live", "down"];

    public void Dispose() => _watcher.Dispose();

    [Fact]
    public void What_is_there_at_the_start_is_created()
    {
        _watcher.Write("a.jpg");
        _watcher.Write("2024/05/b.jpg");
        _watcher.Start();

        Assert.Equal(["2024/05/b.jpg", "a.jpg"], _watcher.Settled().Keys.Order(StringComparer.Ordinal));
        Assert.All(_watcher.Told, told => Assert.Equal(FileEventKind.Created, told.Kind));
    }

    [Theory, MemberData(nameof(Modes))]
    public void A_renamed_file_keeps_its_photo_id(string mode)
    {
        _watcher.Write("a.jpg");
        var before = _watcher.Begin();
        _watcher.During(mode, "mv a.jpg b.jpg");

        var after = _watcher.Settled();
        Assert.Equal(before["a.jpg"].PhotoId, after["b.jpg"].PhotoId);
        var told = Assert.Single(_watcher.Told);
        Assert.Equal((FileEventKind.Moved, "a.jpg", "b.jpg"), (told.Kind, told.OldPath, told.Path));
    }

    [Theory, MemberData(nameof(Modes))]
    public void A_renamed_directory_keeps_every_photo_id_below(string mode)
    {
        _watcher.Write("d/a.jpg");
        _watcher.Write("d/e/b.jpg");
        var before = _watcher.Begin();
        _watcher.During(mode, "mv d f");

        var after = _watcher.Settled();
        Assert.Equal(before["d/a.jpg"].PhotoId, after["f/a.jpg"].PhotoId);
        Assert.Equal(before["d/e/b.jpg"].PhotoId, after["f/e/b.jpg"].PhotoId);
        Assert.Equal([FileEventKind.Moved, FileEventKind.Moved, FileEventKind.DirectoryRemoved], _watcher.Told.Select(told => told.Kind));
        Assert.Equal("d", _watcher.Told[^1].Path);
    }

    [Theory, MemberData(nameof(Modes))]
    public void A_directory_that_moves_on_again_and_again_with_all_that_happens_in_it_is_followed(string mode)
    {
        for (int i = 0; i < 300; i++)
            _watcher.Write($"d/{i:000}.jpg");
        var before = _watcher.Begin();
        _watcher.During(mode, "mv d e; echo more >> e/007.jpg; mv e f; rm f/008.jpg; mv f/009.jpg 009.jpg; cp f/010.jpg f/new.jpg; "
            + "mkdir d; mv f/011.jpg d; mv f g");

        var after = _watcher.Settled();
        Assert.Equal(300, after.Count);
        Assert.Equal(before["d/009.jpg"].PhotoId, after["009.jpg"].PhotoId);
        Assert.Equal(before["d/011.jpg"].PhotoId, after["d/011.jpg"].PhotoId);
        for (int i = 0; i < 300; i++)
        {
            if (i is not (8 or 9 or 11))
                Assert.Equal(before[$"d/{i:000}.jpg"].PhotoId, after[$"g/{i:000}.jpg"].PhotoId);
        }
    }

    [Fact]
    public void A_directory_that_is_looked_into_twice_at_once_brings_along_what_is_recorded_in_it()
    {
        _watcher.Write("a/c/1.jpg");
        _watcher.Write("a/c/2.jpg");
        var before = _watcher.Begin();
        _watcher.Ask(tracker =>
        {
            // Of itself, as it could not be read when last looked into; and with the one above, which has moved.
            tracker.Libraries.Single().Root!.Child("a"u8)!.Child("c"u8)!.IsOpaque = true;
            Shell.Run("mv a b; chmod g+w b/c", _watcher.Root);
            return 0;
        });

        var after = _watcher.Settled();
        Assert.Equal(before["a/c/1.jpg"].PhotoId, after["b/c/1.jpg"].PhotoId);
        Assert.Equal(before["a/c/2.jpg"].PhotoId, after["b/c/2.jpg"].PhotoId);
        var (entries, digest) = _watcher.Ask(tracker => (tracker.Libraries.Single().Entries, tracker.Libraries.Single().Digest));
        Assert.Equal(2, entries);
        Assert.Equal(after.Values.Sum(entry => entry.Digest), digest);
    }

    [Theory, MemberData(nameof(Modes))]
    public void Exchanged_files_exchange_their_photo_ids(string mode)
    {
        _watcher.Write("a.jpg", "aa");
        _watcher.Write("b.jpg", "bbb");
        var before = _watcher.Begin();
        _watcher.During(mode, "mv a.jpg t.jpg; mv b.jpg a.jpg; mv t.jpg b.jpg");

        var after = _watcher.Settled();
        Assert.Equal(before["a.jpg"].PhotoId, after["b.jpg"].PhotoId);
        Assert.Equal(before["b.jpg"].PhotoId, after["a.jpg"].PhotoId);
    }

    [Theory, MemberData(nameof(Modes))]
    public void An_atomic_save_keeps_the_photo_id(string mode)
    {
        _watcher.Write("a.jpg", "old");
        var before = _watcher.Begin();
        _watcher.During(mode, "echo new > .a.tmp; mv .a.tmp a.jpg");

        Assert.Equal(before["a.jpg"].PhotoId, _watcher.Settled()["a.jpg"].PhotoId);
        Assert.Equal(FileEventKind.Changed, Assert.Single(_watcher.Told).Kind);
    }

    [Theory, MemberData(nameof(Modes))]
    public void An_atomic_save_by_way_of_a_name_that_is_an_entry_keeps_the_photo_id(string mode)
    {
        _watcher.Write("a.jpg", "old");
        var before = _watcher.Begin();
        _watcher.During(mode, "echo new > a-new.jpg; mv a-new.jpg a.jpg");

        Assert.Equal(before["a.jpg"].PhotoId, _watcher.Settled()["a.jpg"].PhotoId);
    }

    [Theory, MemberData(nameof(Modes))]
    public void A_directory_that_is_removed_takes_its_entries_along(string mode)
    {
        _watcher.Write("d/a.jpg");
        _watcher.Write("d/e/b.jpg");
        _watcher.Write("c.jpg");
        _watcher.Begin();
        _watcher.During(mode, "rm -r d");

        Assert.Equal(["c.jpg"], _watcher.Settled().Keys);
    }

    [Theory, MemberData(nameof(Modes))]
    public void A_directory_moved_in_is_listed_and_watched(string mode)
    {
        Directory.CreateDirectory(Path.Combine(_watcher.Outside, "d", "e"));
        File.WriteAllText(Path.Combine(_watcher.Outside, "d", "e", "a.jpg"), "x");
        _watcher.Begin();
        _watcher.During(mode, "mv ../outside/d .; echo x > d/e/b.jpg");
        _watcher.Settled();
        _watcher.Write("d/e/c.jpg");

        Assert.Equal(["d/e/a.jpg", "d/e/b.jpg", "d/e/c.jpg"], _watcher.Settled().Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_directory_moved_out_of_the_library_gives_its_watches_back()
    {
        _watcher.Write("d/e/f/a.jpg");
        _watcher.Write("b.jpg");
        _watcher.Begin();
        Assert.Equal(4, _watcher.KernelWatches);
        _watcher.During("live", "mv d ../outside/");

        Assert.Equal(["b.jpg"], _watcher.Settled().Keys);
        Assert.Equal(1, _watcher.KernelWatches);
        Assert.Equal(1, _watcher.Ask(tracker => tracker.Watches));
    }

    [Fact]
    public void A_tree_written_the_moment_it_is_made_is_seen_whole()
    {
        _watcher.Begin();
        _watcher.During("live", "for i in $(seq 50); do mkdir -p a$i/b/c; for j in 1 2 3 4; do echo x > a$i/b/c/$j.jpg; done; done");

        Assert.Equal(200, _watcher.Settled().Count);
    }

    [Theory, MemberData(nameof(Modes))]
    public void A_file_that_comes_back_has_its_photo_id_again(string mode)
    {
        _watcher.Write("a.jpg");
        var before = _watcher.Begin();
        _watcher.During(mode, "mv a.jpg ../outside/");
        Assert.Empty(_watcher.Settled());
        _watcher.During(mode, "mv ../outside/a.jpg b.jpg");

        Assert.Equal(before["a.jpg"].PhotoId, _watcher.Settled()["b.jpg"].PhotoId);
    }

    [Fact]
    public void A_directory_whose_former_parent_is_removed_meanwhile_takes_all_along()
    {
        // More than one step compares.
        for (int i = 0; i < 12_000; i++)
            _watcher.Write($"p/x/{i / 500}/{i}.jpg");
        Directory.CreateDirectory(_watcher.In("q"));
        var before = _watcher.Begin();
        Shell.Run("mv p/x q/ && sleep 0.03 && rmdir p", _watcher.Root);

        var after = _watcher.Settled();
        Assert.All(before, entry => Assert.Equal(entry.Value.PhotoId, after["q" + entry.Key[1..]].PhotoId));
        Assert.DoesNotContain(_watcher.Told, told => told.Kind is FileEventKind.Created or FileEventKind.Deleted);
    }

    [Theory, MemberData(nameof(Modes))]
    public void A_file_that_is_linked_and_unlinked_is_not_lost(string mode)
    {
        for (int i = 0; i < 50; i++)
            _watcher.Write($"a{i}.jpg");
        _watcher.Begin();
        _watcher.During(mode, "perl -e 'for (0..49) { link(\"a$_.jpg\", \"b$_.jpg\"); unlink(\"a$_.jpg\") }'");

        // Its id stays, unless it was seen under both names: each is a photo of its own.
        Assert.Equal(
            Enumerable.Range(0, 50).Select(i => $"b{i}.jpg").Order(StringComparer.Ordinal),
            _watcher.Settled().Keys.Order(StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(Modes))]
    public void A_hard_link_is_a_photo_of_its_own(string mode)
    {
        _watcher.Write("a.jpg");
        var before = _watcher.Begin();
        _watcher.During(mode, "ln a.jpg b.jpg");

        var after = _watcher.Settled();
        Assert.Equal(before["a.jpg"].PhotoId, after["a.jpg"].PhotoId);
        Assert.NotEqual(after["a.jpg"].PhotoId, after["b.jpg"].PhotoId);
        Assert.Equal(after["a.jpg"].Identity.Inode, after["b.jpg"].Identity.Inode);
    }

    [Theory, MemberData(nameof(Modes))]
    public void Odd_names_pass(string mode)
    {
        _watcher.Begin();
        _watcher.During(mode, """
            echo x > '$where.jpg'; echo x > "a.b\"c'.jpg"; echo x > ./-rf.jpg; echo x > $'new\nline.jpg'; echo x > 照片.jpg
            echo x > $'caf\xe9.jpg'; mkdir $'d\xff'; echo x > $'d\xff/100%.jpg'; echo x > $(printf 'n%.0s' {1..251}).jpg
            """);

        Assert.Equal(
            [
                "$where.jpg", "-rf.jpg", "/d%FF/100%.jpg", "a.b\"c'.jpg", "/caf%E9.jpg", "new\nline.jpg",
                new string('n', 251) + ".jpg", "照片.jpg",
            ],
            _watcher.Settled().Keys.ToHashSet());
    }

    [Fact]
    public void A_file_edited_right_after_it_was_told_of_is_told_of_again_when_the_interval_is_over()
    {
        // Roots are not checked meanwhile: nothing else wakes the tracker.
        using var watcher = new LiveWatcher { RootCheckInterval = TimeSpan.FromMinutes(1) };
        watcher.Write("a.jpg");
        watcher.Start();
        watcher.Settled();
        watcher.Write("a.jpg", "longer");

        Assert.Equal(6, watcher.Settled()["a.jpg"].Size);
    }

    [Fact]
    public void A_library_that_is_removed_leaves_no_kernel_watch()
    {
        _watcher.Write("d/e/a.jpg");
        _watcher.Begin();
        _watcher.Announce(_watcher.Definition with { RemovedAt = DateTimeOffset.UtcNow });

        Assert.Equal(0, _watcher.Ask(tracker => tracker.Watches));
        Assert.Equal(0, _watcher.KernelWatches);
        Assert.Empty(_watcher.Entries());
    }

    [Fact]
    public void A_library_that_is_not_announced_any_more_stays()
    {
        _watcher.Write("a.jpg");
        _watcher.Begin();
        _watcher.Announce();

        Assert.Single(_watcher.Settled());
    }

    [Fact]
    public void Nothing_is_deleted_because_the_root_is_away()
    {
        _watcher.Write("d/a.jpg");
        var before = _watcher.Begin();
        Shell.Run("mv photos away", Path.GetDirectoryName(_watcher.Root)!);
        Wait.Until(() => _watcher.Ask(tracker => tracker.Libraries.Single().Offline is not null));
        Assert.Equal(before.Keys, _watcher.Entries().Keys);
        Directory.CreateDirectory(_watcher.Root);
        Wait.Until(() => _watcher.Ask(
            tracker => tracker.Libraries.Single().Offline!.Reason.Contains("Another directory", StringComparison.Ordinal)));
        Assert.Equal(before.Keys, _watcher.Entries().Keys);

        Shell.Run("rmdir photos; echo x > away/d/b.jpg; mv away photos", Path.GetDirectoryName(_watcher.Root)!);
        Assert.Equal(before["d/a.jpg"].PhotoId, _watcher.Settled()["d/a.jpg"].PhotoId);
    }
}
