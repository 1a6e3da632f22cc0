using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using WatchPhoto.Hosting;
using WatchPhoto.Testing;
using WatchPhoto.Watcher.State;

namespace WatchPhoto.Watcher.Tests;

/// <summary>What the watcher keeps is for nobody else to read.</summary>
public sealed class PrivateFilesTests : IDisposable
{
    private readonly string _base = Directory.CreateTempSubdirectory("watchphoto-private-").FullName;

    public void Dispose() => Shell.Run("rm -rf " + _base, "/");

    [Theory]
    [InlineData("true")]
    [InlineData("mkdir -m 0777 state")]
    [InlineData("mkdir -m 0755 state state/lost+found; touch state/watcher.db.damaged-20260101T000000; chmod 666 state/watcher.db.*")]
    public void The_state_is_private_also_where_an_older_version_left_it_open(string script)
    {
        Shell.Run(script, _base);
        for (int starts = 0; starts < 2; starts++)
        {
            using (Open())
                Assert.DoesNotContain(
                    ModesOf("state"), line => !line.EndsWith("lost+found", StringComparison.Ordinal) && line[1..3] != "00");
            Shell.Run("chmod 755 state; chmod 644 state/watcher.db*", _base);
        }
    }

    [Fact]
    public void A_directory_with_other_things_in_it_stays_as_it_is_and_that_is_said()
    {
        Shell.Run("mkdir -m 0755 state; touch state/photo.jpg; chmod 644 state/photo.jpg", _base);
        using (Open())
        {
            var modes = ModesOf("state");
            Assert.Contains("755 ", modes);
            Assert.Contains("644 photo.jpg", modes);
            Assert.Contains("600 watcher.db", modes);
        }

        Assert.Contains(
            "has other things in it", Assert.Single(PrivateFiles.NarrowDirectory(Path.Combine(_base, "state"), "watcher.db")),
            StringComparison.Ordinal);
    }

    [Fact]
    public void What_may_not_be_changed_is_said()
    {
        // A file of the kernel's.
        Assert.Contains("chown it", Assert.Single(PrivateFiles.NarrowDatabase("/proc/self/status")), StringComparison.Ordinal);
    }

    private StateDatabase Open() => new StateDirectory(
        new WatcherOptions { StateDirectory = Path.Combine(_base, "state") }, TimeProvider.System,
        NullLogger<StateDirectory>.Instance).Open();

    private List<string> ModesOf(string directory) =>
        [.. Find.Run(Path.Combine(_base, directory), "-printf", "%m %P\\0").Select(Encoding.UTF8.GetString)];
}
