using Mono.Unix.Native;
using WatchPhoto.Watcher.Disk;

namespace WatchPhoto.Watcher.Tests;

/// <summary>One file with thousands of names: what one more costs does not grow with them.</summary>
public sealed class ManyNamesTests : IDisposable
{
    private readonly CountingDisk _disk;
    private readonly LiveWatcher _watcher;

    public ManyNamesTests()
    {
        CountingDisk? counting = null;
        _watcher = new LiveWatcher { Disk = disk => counting = new CountingDisk(disk) };
        _watcher.Write("a.jpg");
        _watcher.Start();
        _watcher.Settled();
        _disk = counting!;
    }

    public void Dispose() => _watcher.Dispose();

    [Fact]
    public void Twelve_thousand_links_made_at_once_cost_a_few_looks_each()
    {
        const int links = 12_000;
        Shell.Run($"perl -e 'link(\"a.jpg\", \"$_.jpg\") or die for 1..{links}'", _watcher.Root);

        var entries = _watcher.Settled();
        Assert.Equal(links + 1, entries.Values.Select(entry => entry.PhotoId).Distinct().Count());
        Assert.InRange(_disk.Looks, links, 40 * links);
    }

    [Fact]
    public void A_link_made_where_a_thousand_are_costs_no_look_at_each()
    {
        const int links = 1000, more = 200;
        Shell.Run($"perl -e 'link(\"a.jpg\", \"$_.jpg\") or die for 1..{links}'", _watcher.Root);
        _watcher.Settled();
        long before = _disk.Looks;
        for (int i = 0; i < more; i++)
        {
            Shell.Run($"ln a.jpg more{i}.jpg", _watcher.Root);
            while (_watcher.Ask(tracker => tracker.Libraries.Single().Entries) < links + i + 2)
                Thread.Sleep(1);
        }

        Assert.InRange(_disk.Looks - before, more, more * links / 4);
    }

    [Theory]
    [InlineData("live")]
    [InlineData("down")]
    public void One_of_many_names_that_is_renamed_keeps_its_photo_id(string mode)
    {
        Shell.Run("mkdir d; perl -e 'link(\"a.jpg\", \"d/$_.jpg\") or die for 1..500'", _watcher.Root);
        var before = _watcher.Settled();
        if (mode == "down")
            _watcher.Stop();
        Shell.Run("mv d/77.jpg b.jpg", _watcher.Root);
        if (mode == "down")
            _watcher.Start();

        var after = _watcher.Settled();
        Assert.Equal(before["d/77.jpg"].PhotoId, after["b.jpg"].PhotoId);
        Assert.Equal(before.Count, after.Count);
    }

    private sealed class CountingDisk(IDisk disk) : IDisk
    {
        private long _looks;

        public long Looks => Interlocked.Read(ref _looks);

        public Errno OpenRoot(ReadOnlySpan<byte> path, out IDirectory? directory)
        {
            var error = disk.OpenRoot(path, out directory);
            directory = directory is null ? null : new Counting(this, directory);
            return error;
        }

        public void RemoveWatch(int watch) => disk.RemoveWatch(watch);

        private sealed class Counting(CountingDisk counts, IDirectory directory) : IDirectory
        {
            public FileFacts Facts => directory.Facts;

            public bool TellsEvents => directory.TellsEvents;

            public Errno AddWatch(out int watch) => directory.AddWatch(out watch);

            public Errno List(DirectoryListing listing) => directory.List(listing);

            public Errno Look(ReadOnlySpan<byte> name, out FileFacts facts)
            {
                Interlocked.Increment(ref counts._looks);
                return directory.Look(name, out facts);
            }

            public Errno Open(ReadOnlySpan<byte> path, out IDirectory? opened)
            {
                var error = directory.Open(path, out opened);
                opened = opened is null ? null : new Counting(counts, opened);
                return error;
            }

            public void Dispose() => directory.Dispose();
        }
    }
}
