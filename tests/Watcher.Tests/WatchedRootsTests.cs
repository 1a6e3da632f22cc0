using System.ComponentModel.DataAnnotations;
using WatchPhoto.Contracts;
using WatchPhoto.Testing;
using WatchPhoto.Watcher.Kernel;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Previewing;

namespace WatchPhoto.Watcher.Tests;

/// <summary>A watcher that is told where it may watch looks nowhere else, whatever the libraries are called.</summary>
public sealed class WatchedRootsTests : IDisposable
{
    private readonly LiveWatcher _watcher = new();
    private readonly Library _other;

    public WatchedRootsTests()
    {
        _other = _watcher.Definition with { Id = "other", Path = Path.Combine(_watcher.Outside, "other") };
        _watcher.Write("a.jpg");
        _watcher.Write("d/s/b.jpg");
    }

    public void Dispose()
    {
        Shell.Run($"cut -d' ' -f2 /proc/mounts | grep -F {Path.GetDirectoryName(_watcher.Root)} | sort -r | xargs -r -n1 umount -l", "/");
        _watcher.Dispose();
    }

    [Theory]
    [InlineData("mkdir -p other; touch other/secret")]
    [InlineData("mkdir -p away; touch away/secret; ln -s ../outside/away ../photos/inside; ln -s ../photos/inside other")]
    [InlineData("ln -s .. other")]
    [InlineData("mkdir other; mount --bind ../photos/d other")]
    [InlineData("mkdir -p ../photos2/d; ln -s ../photos2/d other")]
    [InlineData("true")]
    [InlineData("touch other")]
    public void A_library_elsewhere_is_refused_and_tells_no_name(string script)
    {
        Shell.Run(script, _watcher.Outside);
        _watcher.Roots = $"/nowhere;{_watcher.Root}";
        _watcher.Start();
        _watcher.Announce(_watcher.Definition, _other);
        IsRefused("other");
        Assert.Equal(2, _watcher.Settled().Count);
        Assert.DoesNotContain(_watcher.Told, told => told.Path.EndsWith("secret", StringComparison.Ordinal));

        // So it is when the announcement only changes the path of one that is watched, and after a restart.
        _watcher.Announce(_watcher.Definition with { RemovedAt = DateTimeOffset.UnixEpoch }, _other with { Path = _watcher.In("d") });
        Wait.Until(() => _watcher.Ask(tracker => tracker.Refused.Count == 0 && tracker.IsIdle && tracker.Libraries.Single().Entries == 1));
        _watcher.Announce(_other);
        IsRefused("other");
        _watcher.Stop();
        _watcher.Start();
        IsRefused("other");
        Assert.DoesNotContain(_watcher.Entries(), entry => entry.Key.EndsWith("secret", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ln -s ../photos/d other")]
    [InlineData("ln -s photos ../link; ln -s ../link/d other")]
    public void A_library_that_really_is_there_is_watched_by_whatever_name(string script)
    {
        Shell.Run(script, _watcher.Outside);
        _watcher.Roots = _watcher.Root + "/";
        _watcher.StartUnannounced();
        _watcher.Announce(_other);
        Wait.Until(
            () => _watcher.Ask(
                tracker => tracker.IsIdle && tracker.Libraries.SingleOrDefault() is { Entries: 1 } && tracker.Refused.Count == 0));
    }

    [Fact]
    public void The_directory_itself_and_a_link_to_it_are_in_it()
    {
        Shell.Run("ln -s ../photos link", _watcher.Outside);
        _watcher.Roots = Path.Combine(_watcher.Outside, "link");
        _watcher.Start();
        Assert.Equal(2, _watcher.Settled().Count);
        Assert.Empty(_watcher.Ask(tracker => tracker.Refused.ToList()));
    }

    [Fact]
    public void A_library_that_is_watched_and_led_elsewhere_is_refused_and_goes_on_when_it_is_led_back()
    {
        Shell.Run("mkdir away; touch away/secret; ln -s ../photos/d other", _watcher.Outside);
        _watcher.Roots = _watcher.Root;
        _watcher.StartUnannounced();
        _watcher.Announce(_other);
        Wait.Until(() => _watcher.Ask(tracker => tracker.IsIdle && tracker.Libraries.SingleOrDefault() is { Entries: 1 }));

        Shell.Run("ln -sfn away other", _watcher.Outside);
        IsRefused("other");
        // Not even a person's word makes it the library.
        _watcher.Definition = _other;
        _watcher.Ask(LibraryAction.AcceptRoot);
        IsRefused("other");
        Assert.Equal("s/b.jpg", Assert.Single(_watcher.Entries()).Key);

        Shell.Run("ln -sfn ../photos/d other", _watcher.Outside);
        Wait.Until(
            () => _watcher.Ask(tracker => tracker.IsIdle && tracker.Refused.Count == 0 && tracker.Libraries.Single().Root is not null));
        Assert.Equal("s/b.jpg", Assert.Single(_watcher.Entries()).Key);
    }

    [Fact]
    public void A_library_whose_disk_is_away_is_not_called_elsewhere()
    {
        _watcher.Roots = _watcher.Root;
        _watcher.StartUnannounced();
        _watcher.Announce(_other with { Path = _watcher.In("card") });
        Wait.Until(() => _watcher.Ask(tracker => tracker.Libraries.SingleOrDefault() is { Offline: not null }));
        Assert.Empty(_watcher.Ask(tracker => tracker.Refused.ToList()));
    }

    [Fact]
    public async Task A_preview_looks_nowhere_else_either()
    {
        Shell.Run("mkdir other; touch other/secret.jpg; ln -s ../outside/other ../photos/link", _watcher.Outside);
        using var inotify = new Inotify();
        using var previewer = new LibraryPreviewer(
            new KernelDisk(inotify), new WatchedRoots(new WatcherOptions { Roots = _watcher.Root }), TimeProvider.System);
        foreach (string path in (string[])[_other.Path, _watcher.In("link"), Path.Combine(_watcher.Outside, "nowhere"), "/etc"])
        {
            var refused = await PreviewAsync(path);
            Assert.Contains("may watch", refused.Problem, StringComparison.Ordinal);
            Assert.Equal(0, refused.Files);
            Assert.Empty(refused.Paths);
        }

        Assert.Equal(1, (await PreviewAsync(_watcher.In("d"))).Files);

        Task<LibraryPreviewed> PreviewAsync(string path) => previewer.PreviewAsync(
            new() { PreviewId = Guid.NewGuid(), StateId = Guid.NewGuid(), Library = _other with { Path = path }, Seconds = 60 },
            TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("photos")]
    [InlineData("")]
    [InlineData("/photos;")]
    [InlineData("/photos/../etc")]
    public void A_setting_that_names_no_directory_is_refused_for_it_would_protect_nothing(string roots)
    {
        var options = new WatcherOptions { Roots = roots };
        var refusal = Assert.Throws<ValidationException>(
            () => Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true));
        Assert.Contains("absolute directories", refusal.Message, StringComparison.Ordinal);
    }

    private void IsRefused(string id)
    {
        Wait.Until(() => _watcher.Ask(tracker => tracker.IsIdle && tracker.Refused.Any(refused => refused.Key == id)));
        Assert.Contains("may watch", _watcher.Ask(tracker => tracker.Refused.Single().Value), StringComparison.Ordinal);
    }
}
