using WatchPhoto.Contracts;
using WatchPhoto.Testing;

namespace WatchPhoto.Watcher.Tests;

/// <summary>A disk that takes A.JPG for a.jpg: what a listing says is there.</summary>
public sealed class SpellingTests : IDisposable
{
    // The directory of the twins, and one of them by case.
    private const string RenameTwins = "mv 100 101; mv 101/IMG_30.raw 101/img_30.RAW";

    private readonly LiveWatcher _watcher;
    private Action<string> _looking = _ => { };

    public SpellingTests() =>
        _watcher = new LiveWatcher { Disk = disk => new WeakDisk(disk) { FoldsCase = true, Looking = name => _looking(name) } };

    public static TheoryData<string> Modes => ["live", "down"];

    public void Dispose() => _watcher.Dispose();

    [Theory, MemberData(nameof(Modes))]
    public void Only_the_case_of_a_name_changes_and_that_is_a_move(string mode)
    {
        _watcher.Write("a.jpg", "a");
        _watcher.Write("b.jpg", "bb");
        var before = _watcher.Begin();
        _watcher.During(mode, "mv a.jpg A.JPG");

        var after = _watcher.Settled();
        Assert.Equal(before["a.jpg"].PhotoId, after["A.JPG"].PhotoId);
        var told = Assert.Single(_watcher.Told);
        Assert.Equal((FileEventKind.Moved, "a.jpg", "A.JPG"), (told.Kind, told.OldPath, told.Path));
    }

    [Theory, MemberData(nameof(Modes))]
    public void Only_the_case_of_a_directorys_name_changes_and_all_below_moves(string mode)
    {
        _watcher.Write("d/e/a.jpg", "a");
        _watcher.Write("d/b.jpg", "bb");
        _watcher.Write("é/c.jpg", "ccc");
        var before = _watcher.Begin();
        _watcher.During(mode, "mv d D; mv D/e D/E; mv é É; mv D/b.jpg D/B.jpg");

        var after = _watcher.Settled();
        Assert.Equal(before["d/e/a.jpg"].PhotoId, after["D/E/a.jpg"].PhotoId);
        Assert.Equal(before["d/b.jpg"].PhotoId, after["D/B.jpg"].PhotoId);
        Assert.Equal(before["é/c.jpg"].PhotoId, after["É/c.jpg"].PhotoId);
        Assert.Equal(4, _watcher.KernelWatches);
    }

    [Theory, MemberData(nameof(Modes))]
    public void What_is_deleted_and_written_in_another_case_is_there_once(string mode)
    {
        _watcher.Write("a.jpg", "a");
        _watcher.Write("b.jpg", "bb");
        _watcher.Begin();
        _watcher.During(mode, "rm a.jpg; echo new > A.jpg; mv b.jpg t.jpg; mv t.jpg B.JPG; mkdir d; echo x > d/x.jpg; mv d D");

        Assert.Equal(["A.jpg", "B.JPG", "D/x.jpg"], _watcher.Settled().Keys.Order(StringComparer.Ordinal));
        _watcher.During("live", "rm A.jpg; rm -r D");
        Assert.Equal(["B.JPG"], _watcher.Settled().Keys);
    }

    [Theory]
    [InlineData("t.jpg")]
    [InlineData(".t")]
    public void Only_the_case_of_a_name_changes_by_way_of_another_name_and_looks_come_in_between(string way)
    {
        _watcher.Write("b.jpg");
        _watcher.Write("c.jpg", "more");
        var before = _watcher.Begin();
        _looking = name =>
        {
            if (File.Exists(_watcher.In(way)) && name == "b.jpg")
                File.Move(_watcher.In(way), _watcher.In("B.jpg"));
        };
        _watcher.During("live", $"mv b.jpg {way}");

        var after = _watcher.Settled();
        Assert.Equal(["B.jpg", "c.jpg"], after.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(before["b.jpg"].PhotoId, after["B.jpg"].PhotoId);
    }

    [Theory, MemberData(nameof(Modes))]
    public void Of_twins_whose_directory_is_renamed_the_one_whose_name_changes_too_is_the_one_that_is_left(string mode)
    {
        WriteTwins();
        var before = _watcher.Begin();
        _watcher.During(mode, RenameTwins);

        AssertTheyKeptTheirIds(before, _watcher.Settled());
    }

    [Fact]
    public void Of_twins_each_keeps_its_photo_id_though_the_disk_is_to_be_compared_again_while_it_is_compared()
    {
        WriteTwins();
        _watcher.Write("200/first.jpg", "first");
        _watcher.Write("300/second.jpg", "second one");
        _watcher.Definition = _watcher.Definition with { Watch = WatchMode.Poll };
        _watcher.Start();
        // What happens in it comes before scans, and they take turns then.
        _watcher.Announce(_watcher.Definition, _watcher.Definition with { Id = "live", Path = _watcher.Outside, Watch = WatchMode.Auto });
        var before = _watcher.Settled();
        int stage = 0;
        _looking = name =>
        {
            if ((name, stage) == ("first.jpg", 0))
            {
                stage = 1;
                Shell.Run(RenameTwins, _watcher.Root);
                _watcher.Ask(LibraryAction.Compare);
                // Longer than a step.
                Thread.Sleep(100);
            }
            else if ((name, stage) == ("second.jpg", 1))
            {
                stage = 2;
                Directory.CreateDirectory(Path.Combine(_watcher.Outside, "new"));
                Thread.Sleep(100);
            }
        };
        _watcher.Ask(LibraryAction.Compare);

        Wait.Until(() => stage == 2);
        AssertTheyKeptTheirIds(before, _watcher.Settled());
    }

    [Fact]
    public void Of_twins_each_keeps_its_photo_id_though_their_directory_was_renamed_and_the_scan_that_finds_it_takes_several_steps()
    {
        WriteTwins();
        _watcher.Definition = _watcher.Definition with { Watch = WatchMode.Poll };
        var before = _watcher.Begin();
        bool isOver = false;
        _looking = name =>
        {
            if (name == "img_30.RAW" && !isOver)
            {
                isOver = true;
                // Longer than a step.
                Thread.Sleep(100);
            }
        };
        Shell.Run(RenameTwins, _watcher.Root);
        _watcher.Ask(LibraryAction.Compare);

        Wait.Until(() => isOver);
        AssertTheyKeptTheirIds(before, _watcher.Settled());
    }

    // A burst: the same size and time.
    private void WriteTwins()
    {
        for (int i = 1; i <= 30; i++)
            _watcher.Write($"100/IMG_{i}.raw");
        Shell.Run("touch -d '2026-01-01 UTC' 100/*", _watcher.Root);
    }

    private static void AssertTheyKeptTheirIds(Dictionary<string, State.Entry> before, Dictionary<string, State.Entry> after)
    {
        Assert.Equal(before["100/IMG_3.raw"].PhotoId, after["101/IMG_3.raw"].PhotoId);
        Assert.Equal(before["100/IMG_30.raw"].PhotoId, after["101/img_30.RAW"].PhotoId);
    }
}
