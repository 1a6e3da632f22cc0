using WatchPhoto.Contracts;
using WatchPhoto.Testing;

namespace WatchPhoto.Watcher.Tests;

/// <summary>Of two libraries that are one directory, or one inside the other, by whatever names, the first is right.</summary>
public sealed class SharedRootsTests : IDisposable
{
    private readonly LiveWatcher _watcher = new();
    private readonly Library _other;

    public SharedRootsTests() => _other = _watcher.Definition with { Id = "other", Path = Path.Combine(_watcher.Outside, "other") };

    public void Dispose()
    {
        Shell.Run($"cut -d' ' -f2 /proc/mounts | grep -F {Path.GetDirectoryName(_watcher.Root)} | sort -r | xargs -r -n1 umount -l", "/");
        _watcher.Dispose();
    }

    [Theory]
    [InlineData("ln -s ../photos other")]
    [InlineData("ln -s ../photos/d other")]
    [InlineData("ln -s ../photos link; ln -s link/d other")]
    [InlineData("mkdir other; mount --bind ../photos other")]
    [InlineData("mkdir other; mount --bind ../photos/d other")]
    [InlineData("mkdir bound; mount --bind ../photos bound; ln -s bound/d/s other")]
    [InlineData("mkdir bound; mount --bind ../photos/d bound; ln -s bound/s other")]
    [InlineData("ln -s .. other")]
    public void The_one_registered_later_is_refused_until_the_first_is_removed(string script)
    {
        _watcher.Write("d/s/a.jpg");
        _watcher.Write("b.jpg");
        _watcher.Start();
        _watcher.Settled();
        Shell.Run(script, _watcher.Outside);
        _watcher.Announce(_watcher.Definition, _other);
        IsRefused("other");
        IsRight();

        // So it is after a restart.
        _watcher.Stop();
        _watcher.Start();
        _watcher.Announce(_watcher.Definition, _other);
        IsRefused("other");
        IsRight();

        _watcher.Announce(_watcher.Definition with { RemovedAt = DateTimeOffset.UnixEpoch }, _other);
        Wait.Until(() => _watcher.Ask(tracker => !tracker.Refused.Any() && tracker.IsIdle && tracker.Libraries.Single().Entries > 0));
        Assert.Contains(_watcher.Entries().Keys, path => path.EndsWith("a.jpg", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(WatchMode.Auto)]
    [InlineData(WatchMode.Poll)]
    public void The_first_is_watched_also_when_its_root_comes_later(WatchMode watch)
    {
        var first = _watcher.Definition with { Path = Path.Combine(_watcher.Outside, "first"), Watch = watch };
        var second = _other with { Path = _watcher.Root, Watch = watch };
        _watcher.Definition = first;
        _watcher.Write("d/a.jpg");
        _watcher.Start();
        _watcher.Announce(first, second);
        Wait.Until(
            () => _watcher.Ask(tracker => tracker.IsIdle && tracker.Libraries.Single(library => library.Id == "other").Entries == 1));

        Shell.Run("ln -s ../photos first", _watcher.Outside);
        IsRefused("other");
        Wait.Until(
            () => _watcher.Ask(tracker => tracker.IsIdle && tracker.Libraries.Single(library => library.Id == "library").Entries == 1));

        // Nothing that the other has told of is deleted meanwhile, and it goes on when it is alone.
        Shell.Run("rm first", _watcher.Outside);
        Wait.Until(() => _watcher.Ask(tracker => !tracker.Refused.Any() && tracker.IsIdle));
        Assert.Equal(1, _watcher.Ask(tracker => tracker.Libraries.Single(library => library.Id == "other").Entries));
    }

    [Theory]
    [InlineData(WatchMode.Auto)]
    [InlineData(WatchMode.Poll)]
    public void A_root_that_is_bound_into_another_library_while_that_is_watched_is_found_by_its_next_comparison(WatchMode watch)
    {
        _watcher.Definition = _watcher.Definition with { Watch = watch };
        _watcher.Write("a.jpg");
        Directory.CreateDirectory(_watcher.In("d/in"));
        Directory.CreateDirectory(_other.Path);
        File.WriteAllText(Path.Combine(_other.Path, "b.jpg"), "y");
        _watcher.Start();
        _watcher.Announce(_watcher.Definition, _other with { Watch = watch });
        Wait.Until(
            () => _watcher.Ask(
                tracker => tracker.IsIdle && tracker.Libraries.Count == 2 && tracker.Libraries.All(library => library.Entries == 1)));
        Assert.Empty(_watcher.Ask(tracker => tracker.Refused.ToList()));

        Shell.Run($"mount --bind {_other.Path} d/in", _watcher.Root);
        _watcher.Ask(LibraryAction.Compare);
        IsRefused("other");
        Wait.Until(() => _watcher.Ask(tracker => tracker.Libraries.Single(library => library.Id == "library").Entries == 2));

        Shell.Run("umount -l d/in", _watcher.Root);
        Wait.Until(() => _watcher.Ask(tracker => !tracker.Refused.Any() && tracker.IsIdle));
    }

    [Fact]
    public void A_directory_that_is_bound_a_second_time_is_said_to_be_unseen_until_it_is_not_and_then_watched()
    {
        _watcher.Write("d/s/a.jpg");
        _watcher.Write("f/sub/b.jpg");
        Shell.Run("rm f/sub/b.jpg", _watcher.Root);
        _watcher.Start();
        _watcher.Settled();
        int watches = _watcher.KernelWatches;
        for (int round = 0; round < 20; round++)
        {
            Shell.Run("mount --bind d f", _watcher.Root);
            _watcher.Ask(LibraryAction.Compare);
            Wait.Until(IsUnseen);
            // What it is mounted over tells of nothing that is there.
            Wait.Until(() => _watcher.Ask(tracker => tracker.IsIdle) && _watcher.KernelWatches == watches - 2);
            // A look that finds the same again changes nothing.
            for (int i = 0; i < round * 5; i++)
            {
                Assert.True(IsUnseen());
                Thread.Sleep(5);
            }

            Shell.Run("umount -l f; echo x > f/e.jpg", _watcher.Root);
            Assert.Equal(2, _watcher.Settled().Count);
            Wait.Until(() => _watcher.Ask(tracker => tracker.Unseen().Count == 0 && tracker.IsIdle));
            Shell.Run("rm f/e.jpg", _watcher.Root);
            Assert.Single(_watcher.Settled());
            Assert.Equal(watches, _watcher.KernelWatches);
        }

        bool IsUnseen() => _watcher.Ask(tracker => tracker.Unseen().Values.SingleOrDefault())?.Places is [{ Directory: "f" }];
    }

    [Fact]
    public void The_outer_one_is_refused_where_the_inner_one_was_first()
    {
        var inner = _watcher.Definition;
        _watcher.Write("a.jpg");
        Shell.Run("mkdir -p other/in other/d; echo x > other/d/b.jpg; mount --bind ../photos other/in", _watcher.Outside);
        _watcher.Start();
        _watcher.Announce(inner, _other);
        IsRefused("other");
        _watcher.Write("c.jpg");
        Wait.Until(() => _watcher.Ask(tracker => tracker.Libraries.Single(library => library.Id == "library").Entries == 2));

        Shell.Run("umount -l other/in", _watcher.Outside);
        Wait.Until(() => _watcher.Ask(tracker => !tracker.Refused.Any() && tracker.IsIdle));
    }

    private void IsRefused(string id)
    {
        Wait.Until(() => _watcher.Ask(tracker => tracker.IsIdle && tracker.Refused.Any(refused => refused.Key == id)));
        Assert.Contains("one library", _watcher.Ask(tracker => tracker.Refused.Single().Value), StringComparison.Ordinal);
    }

    private void IsRight()
    {
        _watcher.Write("d/s/new.jpg", DateTime.UtcNow.Ticks.ToString(null, null));
        _watcher.Settled();
        Shell.Run("mv d/s d/t; mkdir d/n; echo y > d/n/c.jpg", _watcher.Root);
        _watcher.Settled();
        Shell.Run("mv d/t d/s; rm -r d/n", _watcher.Root);
        _watcher.Settled();
        Wait.Until(() => _watcher.Ask(tracker => tracker.Unseen().Count == 0));
    }
}
