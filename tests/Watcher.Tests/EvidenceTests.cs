using WatchPhoto.Contracts;
using WatchPhoto.Testing;
using WatchPhoto.Watcher.Libraries;

namespace WatchPhoto.Watcher.Tests;

/// <summary>Missing evidence is not evidence of deletion.</summary>
public sealed class EvidenceTests : IDisposable
{
    private readonly OddDisk.Faults _faults = new();
    private readonly LiveWatcher _watcher;

    public EvidenceTests() => _watcher = new LiveWatcher { MostDeletions = 10, Disk = disk => new OddDisk(disk, _faults) };

    public void Dispose() => _watcher.Dispose();

    [Fact]
    public void A_scan_that_misses_most_of_a_library_is_held_until_a_person_accepts()
    {
        var before = Begin(files: 30);
        _watcher.During("down", "rm d/*");
        WaitFor(library => library.Held == 30);
        Assert.Equal(before.Count, _watcher.Entries().Count);

        _watcher.Ask(LibraryAction.AcceptDeletions);
        Assert.Empty(_watcher.Settled());
    }

    [Fact]
    public void What_is_held_comes_back_by_itself_with_its_files()
    {
        var before = Begin(files: 30);
        _watcher.During("down", "mv d ../outside/");
        WaitFor(library => library.Held == 30);
        Shell.Run("mv ../outside/d .", _watcher.Root);

        WaitFor(library => library.Held is null);
        var after = _watcher.Settled();
        Assert.All(before, entry => Assert.Equal(entry.Value.PhotoId, after[entry.Key].PhotoId));
        Assert.Empty(_watcher.Told);
    }

    [Fact]
    public void Refused_deletions_stay_and_what_is_deleted_later_goes()
    {
        Begin(files: 30);
        _watcher.Write("other.jpg");
        _watcher.Settled();
        _watcher.During("down", "rm d/*");
        WaitFor(library => library.Held == 30);
        _watcher.Ask(LibraryAction.RefuseDeletions);
        WaitFor(library => library.Held is null);
        Assert.Equal(31, _watcher.Entries().Count);

        Shell.Run("rm other.jpg", _watcher.Root);
        Wait.Until(() => _watcher.Entries().Count == 30);
        _watcher.During("down", "true");
        Wait.Until(() => _watcher.Ask(tracker => tracker.Libraries.Single() is { Held: null, DiskComparedAt: not null } && tracker.IsIdle));
        Assert.Equal(30, _watcher.Entries().Count);
        Shell.Run("mkdir -p d; echo y > d/1.jpg", _watcher.Root);
        Wait.Until(() => !_watcher.Entries()["d/1.jpg"].IsMissing);
    }

    [Fact]
    public void Removing_the_whole_library_while_it_is_watched_is_followed()
    {
        Begin(files: 30);
        Shell.Run("rm -rf photos", Path.GetDirectoryName(_watcher.Root)!);
        Wait.Until(() => _watcher.Entries().Count == 0);

        Directory.CreateDirectory(_watcher.Root);
        _watcher.Write("new.jpg");
        Assert.Single(_watcher.Settled());
    }

    [Fact]
    public void A_disk_that_is_unmounted_inside_a_library_deletes_nothing()
    {
        Directory.CreateDirectory(_watcher.In("disk"));
        Shell.Run("mount -t tmpfs none disk; echo x > disk/a.jpg; mkdir disk/d; echo y > disk/d/b.jpg", _watcher.Root);
        try
        {
            var before = Begin(files: 1);
            Assert.Equal(3, before.Count);
            Shell.Run("mkdir ../kept; mount --move disk ../kept 2>/dev/null || umount disk", _watcher.Root);
            Wait.Until(() => _watcher.Ask(tracker => tracker.Troubled(tracker.Libraries.Single()).Any()));
            Assert.Equal(before.Keys.ToHashSet(), _watcher.Entries().Keys.ToHashSet());

            _watcher.During("down", "true");
            Wait.Until(() => _watcher.Ask(tracker => tracker.Troubled(tracker.Libraries.Single()).Any() && tracker.IsIdle));
            Assert.Equal(before.Keys.ToHashSet(), _watcher.Entries().Keys.ToHashSet());
        }
        finally
        {
            Shell.Run("umount disk ../kept 2>/dev/null || true", _watcher.Root);
        }
    }

    [Fact]
    public void A_disk_inside_a_library_that_is_empty_after_a_restart_is_held_by_itself()
    {
        Directory.CreateDirectory(_watcher.In("usb"));
        Shell.Run("mount -t tmpfs none usb; for i in $(seq 20); do echo $i > usb/$i.jpg; done", _watcher.Root);
        try
        {
            var before = Begin(files: 60);
            _watcher.During("down", "mkdir ../outside/kept; cp -p usb/* ../outside/kept; rm usb/*");
            WaitFor(library => library.Held == 20);
            Assert.Equal(before.Count, _watcher.Entries().Count);

            // It holds on, and what else happens goes on.
            _watcher.Ask(LibraryAction.Compare);
            _watcher.Write("new.jpg");
            Wait.Until(() => _watcher.Entries().ContainsKey("new.jpg") && _watcher.Ask(tracker => tracker.IsIdle));
            Assert.Equal(before.Count + 1, _watcher.Entries().Count);
            Assert.Equal(20, _watcher.Ask(tracker => tracker.Libraries.Single().Held));

            _watcher.Ask(LibraryAction.AcceptDeletions);
            Assert.Equal(61, _watcher.Settled().Count);
            WaitFor(library => library.Held is null);
        }
        finally
        {
            Shell.Run("umount -l usb", _watcher.Root);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_disk_inside_a_library_that_is_mounted_again_and_empty_is_held_until_its_files_are_back(bool within)
    {
        string usb = within ? "outer/usb" : "usb";
        Shell.Run($"""
            mkdir -p ../outside/disk/d outer
            {(within ? "mount -t tmpfs none outer; for i in $(seq 30); do echo $i > outer/$i.jpg; done" : "true")}
            mkdir -p {usb}; mount --bind ../outside/disk {usb}
            for i in $(seq 20); do echo $i > {usb}/d/$i.jpg; done
            """, _watcher.Root);
        try
        {
            var before = Begin(files: 60);
            Shell.Run($"umount {usb}", _watcher.Root);
            Wait.Until(() => _watcher.Ask(tracker => tracker.Troubled(tracker.Libraries.Single()).Any()));
            Shell.Run($"mkdir ../outside/kept; mv ../outside/disk/d ../outside/kept; mount --bind ../outside/disk {usb}", _watcher.Root);
            WaitFor(library => library.Held == 20);
            Assert.Equal(before.Count, _watcher.Entries().Count);

            Shell.Run("mv ../outside/kept/d ../outside/disk/d", _watcher.Root);
            WaitFor(library => library.Held is null);
            var after = _watcher.Settled();
            Assert.All(before, entry => Assert.Equal(entry.Value.PhotoId, after[entry.Key].PhotoId));
            Assert.Empty(_watcher.Told);

            // What is seen to go, goes.
            Shell.Run($"rm -r {usb}/d", _watcher.Root);
            Assert.Equal(before.Count - 20, _watcher.Settled().Count);
        }
        finally
        {
            Shell.Run($"umount -l {usb}; umount -l outer 2> /dev/null || true", _watcher.Root);
        }
    }

    [Theory]
    [InlineData("look", "35.jpg")]
    [InlineData("open", "e")]
    [InlineData("list", "e")]
    public void A_disk_without_events_that_is_emptied_while_it_is_compared_is_held_as_a_whole(string before, string name)
    {
        _watcher.Definition = _watcher.Definition with { Watch = WatchMode.Poll };
        for (int i = 0; i < 40; i++)
            _watcher.Write($"e/{i}.jpg");
        Begin(files: 40);
        int emptied = 0;
        _faults.Before = (what, which) =>
        {
            if ((what, which) == (before, name) && Interlocked.Exchange(ref emptied, 1) == 0)
                Shell.Run("rm -r *", _watcher.Root);
        };

        _watcher.Ask(LibraryAction.Compare);
        WaitFor(library => library.Held == 80);
        Assert.Equal(80, _watcher.Entries().Count);
    }

    [Fact]
    public void What_is_excluded_now_leaves_without_a_question()
    {
        Begin(files: 30);
        _watcher.Definition = _watcher.Definition with { Exclude = ["d/**"] };
        _watcher.Announce(_watcher.Definition);

        Wait.Until(() => _watcher.Entries().Count == 0);
        Assert.Equal(1, _watcher.KernelWatches);
    }

    [Fact]
    public void A_resync_tells_every_entry_again_above_its_floor()
    {
        var before = Begin(files: 30);
        _watcher.Ask(LibraryAction.Resync);
        Wait.Until(() => _watcher.Ask(tracker => tracker.Libraries.Single() is { Floor: > 0, Resync: null }));

        _watcher.Settled();
        Assert.Equal(before.Keys.ToHashSet(), _watcher.Told.Select(told => told.Path).ToHashSet());
        Assert.All(_watcher.Told, told => Assert.True(told.Version > _watcher.Ask(tracker => tracker.Libraries.Single().Floor)));
    }

    private Dictionary<string, State.Entry> Begin(int files)
    {
        for (int i = 0; i < files; i++)
            _watcher.Write($"d/{i}.jpg");
        return _watcher.Begin();
    }

    private void WaitFor(Func<WatchedLibrary, bool> condition) =>
        Wait.Until(() => _watcher.Ask(tracker => condition(tracker.Libraries.Single())));
}
