using Mono.Unix.Native;
using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Disk;

namespace WatchPhoto.Watcher.Tests;

/// <summary>What a scan has read before its turn, and then does not count.</summary>
public sealed class ReadAheadTests : IDisposable
{
    private readonly LiveWatcher _watcher = new() { Disk = disk => new DiskBetween(disk, root => new SlowDirectory(root)) };

    public void Dispose() => _watcher.Dispose();

    [Fact]
    public void No_directory_is_listed_while_it_is_read_ahead()
    {
        for (int i = 0; i < 200; i++)
            _watcher.Write($"{i}/a.jpg");
        _watcher.Start();
        _watcher.Settled();

        _watcher.Ask(LibraryAction.Compare);
        do
        {
            // As if something were heard of each directory that waits for its turn.
            _watcher.Ask(tracker =>
            {
                foreach (var directory in tracker.Libraries.Single().Root!.Subtree())
                    directory.Touch();
                return 0;
            });
        }
        while (!_watcher.Ask(tracker => tracker.IsIdle));

        Assert.Equal(200, _watcher.Settled().Count);
        Assert.Equal(201, _watcher.KernelWatches);
        Assert.All(_watcher.Told, told => Assert.Equal(FileEventKind.Created, told.Kind));
    }

    /// <summary>Takes its time for each listing, and refuses a second one of the same open directory meanwhile.</summary>
    private sealed class SlowDirectory(IDirectory directory) : DirectoryBetween(directory)
    {
        private int _listings;

        public override Errno List(DirectoryListing listing)
        {
            if (Interlocked.Increment(ref _listings) > 1)
                throw new InvalidOperationException("Listed by two at a time.");
            Thread.Sleep(2);
            var error = base.List(listing);
            Interlocked.Decrement(ref _listings);
            return error;
        }

        protected override IDirectory Between(IDirectory below, ReadOnlySpan<byte> path) => new SlowDirectory(below);
    }
}
