using Mono.Unix.Native;
using WatchPhoto.Testing;
using WatchPhoto.Watcher.Disk;

namespace WatchPhoto.Watcher.Tests;

/// <summary>One file with thousands of names: what one more costs does not grow with them.</summary>
public sealed class ManyNamesTests : IDisposable
{
    private readonly Counts _counts = new();
    private readonly LiveWatcher _watcher;

    public ManyNamesTests()
    {
        _watcher = new LiveWatcher { Disk = disk => new DiskBetween(disk, root => new Counting(root, _counts)) };
        _watcher.Write("a.jpg");
        _watcher.Start();
        _watcher.Settled();
    }

    public void Dispose() => _watcher.Dispose();

    [Fact]
    public void Twelve_thousand_links_made_at_once_cost_a_few_looks_each()
    {
        const int links = 12_000;
        Shell.Run($"perl -e 'link(\"a.jpg\", \"$_.jpg\") or die for 1..{links}'", _watcher.Root);

        var entries = _watcher.Settled();
        Assert.Equal(links + 1, entries.Values.Select(entry => entry.PhotoId).Distinct().Count());
        Assert.InRange(_counts.Looks, links, 40 * links);
    }

    [Fact]
    public void A_link_made_where_a_thousand_are_costs_no_look_at_each()
    {
        const int links = 1000, more = 200;
        Shell.Run($"perl -e 'link(\"a.jpg\", \"$_.jpg\") or die for 1..{links}'", _watcher.Root);
        _watcher.Settled();
        long before = _counts.Looks;
        for (int i = 0; i < more; i++)
        {
            Shell.Run($"ln a.jpg more{i}.jpg", _watcher.Root);
            while (_watcher.Ask(tracker => tracker.Libraries.Single().Entries) < links + i + 2)
                Thread.Sleep(1);
        }

        Assert.InRange(_counts.Looks - before, more, more * links / 4);
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

    private sealed class Counts
    {
        public long Looks;
    }

    private sealed class Counting(IDirectory directory, Counts counts) : DirectoryBetween(directory)
    {
        public override Errno Look(ReadOnlySpan<byte> name, out FileFacts facts)
        {
            Interlocked.Increment(ref counts.Looks);
            return base.Look(name, out facts);
        }

        protected override IDirectory Between(IDirectory below, ReadOnlySpan<byte> path) => new Counting(below, counts);
    }
}
