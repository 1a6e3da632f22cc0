using Mono.Unix.Native;
using WatchPhoto.Contracts;
using WatchPhoto.Testing;

namespace WatchPhoto.Watcher.Tests;

/// <summary>What cannot be seen is said, nothing is deleted for it, and it is right by itself when it can.</summary>
public sealed class UnseenTests : IDisposable
{
    private readonly OddDisk.Faults _faults = new();
    private readonly LiveWatcher _watcher;

    public UnseenTests() => _watcher = new LiveWatcher { Disk = disk => new OddDisk(disk, _faults) };

    public void Dispose() => _watcher.Dispose();

    [Theory]
    [InlineData(Errno.EIO)]
    [InlineData(Errno.EACCES)]
    [InlineData(Errno.ESTALE)]
    [InlineData(Errno.ENAMETOOLONG)]
    [InlineData(Errno.EMFILE)]
    [InlineData(Errno.ENFILE)]
    [InlineData(Errno.ENOMEM)]
    public void A_name_that_cannot_be_looked_at_is_said_and_its_entry_stays(Errno error)
    {
        var before = Begin("d/a.jpg", "d/b.jpg", "c.jpg");
        _watcher.Stop();
        _faults.Looks["a.jpg"] = error;
        _faults.Looks["new.jpg"] = error;
        _watcher.Write("d/new.jpg");
        _watcher.Start();
        var unseen = Unseen(places: 1);
        Assert.Equal(("d", 2), (unseen.Places[0].Directory, unseen.Places[0].Names));
        Assert.NotEmpty(unseen.Places[0].Remedy);
        Assert.Equal(before.Keys.ToHashSet(), _watcher.Entries().Keys.ToHashSet());

        // Live, and the rest goes on.
        _watcher.Write("e.jpg");
        _watcher.Write("d/a.jpg", "more");
        Wait.Until(() => _watcher.Entries().ContainsKey("e.jpg"));
        Assert.Equal(1, Unseen(places: 1).Count);

        _faults.Looks.Clear();
        Assert.Equal(before["d/a.jpg"].PhotoId, _watcher.Settled()["d/a.jpg"].PhotoId);
        AllIsSeen();
    }

    [Theory]
    [InlineData(Errno.EIO)]
    [InlineData(Errno.ESTALE)]
    [InlineData(Errno.EMFILE)]
    [InlineData(Errno.ENOMEM)]
    public void A_directory_that_cannot_be_opened_or_listed_is_said_and_keeps_what_is_recorded_below(Errno error)
    {
        var before = Begin("d/a.jpg", "d/e/b.jpg", "l/c.jpg", "f.jpg");
        _watcher.Stop();
        (_faults.Opens["d"], _faults.Lists["l"]) = (error, error);
        Shell.Run("rm d/a.jpg l/c.jpg", _watcher.Root);
        _watcher.Start();
        Assert.Equal(["d", "l"], Unseen(places: 2).Places.Select(place => place.Directory).Order());
        Wait.Until(() => _watcher.Ask(tracker => tracker.IsIdle));
        Assert.Equal(before.Keys.ToHashSet(), _watcher.Entries().Keys.ToHashSet());

        _faults.Opens.Clear();
        _faults.Lists.Clear();
        Assert.Equal(["d/e/b.jpg", "f.jpg"], _watcher.Settled().Keys.Order());
        AllIsSeen();
    }

    [Fact]
    public void A_root_that_cannot_be_listed_is_not_compared()
    {
        _watcher.Write("a.jpg");
        _faults.Lists[""] = Errno.EIO;
        _watcher.Start();
        Assert.Equal("", Unseen(places: 1).Places[0].Directory);
        Assert.Null(_watcher.Ask(tracker => tracker.Libraries.Single().DiskComparedAt));

        _faults.Lists.Clear();
        Assert.Single(_watcher.Settled());
        AllIsSeen();
    }

    [Fact]
    public void What_is_not_known_to_be_a_directory_keeps_what_is_recorded_below_it()
    {
        var faults = new OddDisk.Faults { HasNoKinds = true };
        using var odd = new LiveWatcher { Disk = disk => new OddDisk(disk, faults) };
        odd.Write("d/e/a.jpg");
        odd.Write("b.jpg");
        odd.Start();
        odd.Settled();

        odd.Stop();
        faults.Looks["d"] = Errno.EIO;
        odd.Start();
        Wait.Until(() => odd.Ask(tracker => tracker.IsIdle && tracker.Unseen().Count == 1));
        Assert.Equal(2, odd.Entries().Count);

        faults.Looks.Clear();
        Assert.Equal(2, odd.Settled().Count);
        Wait.Until(() => odd.Ask(tracker => tracker.Unseen().Count == 0));
    }

    [Fact]
    public void Thousands_of_names_are_looked_at_again_together_and_from_time_to_time_only()
    {
        const int Names = 3000;
        Shell.Run($"mkdir d; cd d; for i in $(seq {Names}); do : > $i.jpg; done", _watcher.Root);
        for (int i = 1; i <= Names; i++)
            _faults.Looks[$"{i}.jpg"] = Errno.EIO;
        var started = DateTime.UtcNow;
        _watcher.Start();
        Assert.Equal((1, Names), Unseen(places: 1) is var unseen ? (unseen.Count, unseen.Places[0].Names) : default);
        Thread.Sleep(1000);
        var tries = (DateTime.UtcNow - started) / TimeSpan.FromMilliseconds(200) + 2;
        Assert.InRange(Volatile.Read(ref _faults.LooksRefused), Names, tries * Names);

        _faults.Looks.Clear();
        Assert.Equal(Names, _watcher.Settled().Count);
        AllIsSeen();
    }

    [Fact]
    public void A_file_whose_former_place_cannot_be_looked_at_says_so()
    {
        Begin("d/a.jpg", "c.jpg");
        _faults.Looks["a.jpg"] = Errno.EIO;
        Shell.Run("ln d/a.jpg link.jpg", _watcher.Root);
        Assert.Equal("a.jpg", Unseen(places: 1).Places[0].Name);
        _faults.Looks.Clear();
        Assert.Equal(3, _watcher.Settled().Values.Select(entry => entry.PhotoId).Distinct().Count());
        AllIsSeen();
    }

    [Fact]
    public void A_directory_bound_a_second_time_inside_its_library_is_said()
    {
        Begin("d/a.jpg", "d/s/b.jpg");
        Directory.CreateDirectory(_watcher.In("f"));
        Shell.Run("mount --bind d f", _watcher.Root);
        try
        {
            _watcher.Ask(LibraryAction.Compare);
            var unseen = Unseen(places: 1);
            Assert.Equal("f", unseen.Places[0].Directory);
            Assert.Contains("same directory as d", unseen.Places[0].Reason, StringComparison.Ordinal);
            _watcher.Write("d/s/c.jpg");
            Wait.Until(() => _watcher.Entries().Count == 3);
        }
        finally
        {
            Shell.Run("umount -l f", _watcher.Root);
        }

        _watcher.Write("f/d.jpg");
        Assert.Equal(4, _watcher.Settled().Count);
        AllIsSeen();
    }

    [Fact]
    public void A_disk_that_is_away_is_said_also_when_its_directory_is_gone()
    {
        Directory.CreateDirectory(_watcher.In("usb"));
        Shell.Run("mount -t tmpfs none usb; echo x > usb/a.jpg", _watcher.Root);
        Begin("b.jpg");
        Shell.Run("umount -l usb; rmdir usb", _watcher.Root);
        Wait.Until(
            () => _watcher.Ask(tracker => tracker.Unseen().Values.SingleOrDefault())?.Places[0].Reason
                .Contains("gone", StringComparison.Ordinal) == true);
        Assert.Equal(2, _watcher.Entries().Count);

        _watcher.Ask(LibraryAction.AcceptRoot);
        Assert.Single(_watcher.Settled());
        AllIsSeen();
    }

    private Dictionary<string, State.Entry> Begin(params string[] files)
    {
        foreach (string file in files)
            _watcher.Write(file);
        _watcher.Start();
        return _watcher.Settled();
    }

    private Unseen Unseen(long places)
    {
        Unseen? unseen = null;
        Wait.Until(() => (unseen = _watcher.Ask(tracker => tracker.Unseen().Values.SingleOrDefault()))?.Count == places);
        return unseen!;
    }

    private void AllIsSeen() => Wait.Until(() => _watcher.Ask(tracker => tracker.Unseen().Count == 0));
}
