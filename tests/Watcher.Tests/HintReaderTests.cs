using System.Diagnostics;
using System.Text;
using WatchPhoto.Watcher.Kernel;
using WatchPhoto.Watcher.Tracking;

namespace WatchPhoto.Watcher.Tests;

public sealed class HintReaderTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("watchphoto-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

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

    [Fact]
    public void Who_writes_on_and_on_is_told_of_twice_a_second()
    {
        using var inotify = new Inotify();
        int arrivals = 0;
        using var arrived = new AutoResetEvent(false);
        using var reader = new HintReader(inotify, TimeProvider.System, () =>
        {
            Interlocked.Increment(ref arrivals);
            arrived.Set();
        }, _ => { });
        Watch(inotify);
        using var file = File.Create(Path.Combine(_directory, "a.jpg"));
        reader.Start();
        Assert.True(arrived.WaitOne(TimeSpan.FromMinutes(1)), "That it was created is told at once.");

        long began = Stopwatch.GetTimestamp();
        int before = Volatile.Read(ref arrivals);
        for (int i = 0; i < 1000; i++)
        {
            file.Write([1]);
            file.Flush();
            Thread.Sleep(1);
        }

        double halfSeconds = Stopwatch.GetElapsedTime(began).TotalSeconds * 2;
        Assert.InRange(Volatile.Read(ref arrivals) - before, 1, halfSeconds + 2);
    }

    [Fact]
    public void A_write_after_which_nothing_happens_is_told_of()
    {
        using var file = File.Create(Path.Combine(_directory, "a.jpg"));
        using var inotify = new Inotify();
        using var arrived = new AutoResetEvent(false);
        using var reader = new HintReader(inotify, TimeProvider.System, () => arrived.Set(), _ => { });
        Watch(inotify);
        reader.Start();
        file.Write([1]);
        file.Flush();

        Assert.True(arrived.WaitOne(TimeSpan.FromMinutes(1)));
    }

    private void Watch(Inotify inotify) => Assert.Equal(0, (int)inotify.AddWatch(Encoding.UTF8.GetBytes(_directory), out _));
}
