using WatchPhoto.Watcher.Kernel;
using WatchPhoto.Watcher.Tracking;

namespace WatchPhoto.Watcher.Tests;

public sealed class HintReaderTests
{
    // A service provider disposes once for each registration: of what is registered twice, twice. Meanwhile the kernel may
    // have given the numbers of its descriptors to others.
    [Fact]
    public void A_reader_disposed_of_twice_closes_nothing_of_others()
    {
        using var inotify = new Inotify();
        var reader = new HintReader(inotify, TimeProvider.System, () => { }, _ => { });
        reader.Start();

        reader.Dispose();
        var others = Enumerable.Range(0, 16).Select(_ => File.OpenRead("/proc/self/status")).ToList();
        reader.Dispose();

        Assert.All(others, other => Assert.Equal('N', other.ReadByte()));
        others.ForEach(other => other.Dispose());
    }
}
