using WatchPhoto.Bus;
using WatchPhoto.Contracts;
using WatchPhoto.Testing;

namespace WatchPhoto.Indexer.Tests.Bus;

/// <summary>Whatever an indexer is sent, it is refused or taken, and what is right is taken after it.</summary>
[Collection(MeasuredAlone.Name)]
public sealed class FuzzTests
{
    private static readonly Guid s_id = Guid.Parse("0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c11");

    private static PhotoFile File => new()
    {
        Size = 1234, ModifiedAt = FileTime.Parse("2026-01-02T03:04:05.123456789Z"), Inode = 42,
        BirthTime = FileTime.Parse("2025-01-02T03:04:05Z"),
    };

    [Fact]
    public async Task File_events()
    {
        await using var indexer = await StartAsync();
        long version = Messages.Now;
        int right = 0;
        MessageFuzz.Run(
            Gate.Options, Gate.Read<FileEvents>,
            [
                Messages.Of(
                    Messages.Created("2026/a.jpg", s_id),
                    new FileEvent
                    {
                        Kind = FileEventKind.Moved, Version = version, Path = "b.jpg", OldPath = "2026/a.jpg", PhotoId = s_id, File = File,
                    },
                    new FileEvent { Kind = FileEventKind.Deleted, Version = version, Path = "c.jpg" },
                    new FileEvent { Kind = FileEventKind.DirectoryRemoved, Version = version, Path = "old" }),
                Messages.Of() with { Proof = new Proof(version, 3, 4980618713, version - 1, DateTimeOffset.UtcNow) },
            ],
            message => Publish(indexer, message),
            () => Publish(indexer, Messages.Of(Messages.Created($"right/{right++}.jpg"))));
        Assert.Equal(right, (await indexer.PathsAsync()).Count(path => path.StartsWith("right/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Reports()
    {
        await using var indexer = await StartAsync();
        WatcherReport Right(int used) => new()
        {
            Host = "nas", StateId = s_id, RunId = s_id, SentAt = DateTimeOffset.UtcNow, WatchesUsed = used, WatchesLimit = 100,
            PendingOutbox = 3,
            Libraries =
            [
                new LibraryReport
                {
                    LibraryId = "photos", Epoch = 1, State = LibraryState.Degraded, Reason = "d: permission denied", Entries = 3,
                    Directories = 2,
                    Progress = new ScanProgress(1, 2, 3.5, 0.25), DiskComparedAt = DateTimeOffset.UtcNow,
                    Proof = new Proof(Messages.Now, 3, 4980618713),
                    Unseen = new Unseen(
                        1, [new UnseenPlace { Directory = "d", Reason = "permission denied", Remedy = "let it", Name = "x", Names = 2 }]),
                },
            ],
            Refused = [new RefusedLibrary("other", "It is inside of photos.")], Rival = s_id,
        };
        int used = 0;
        MessageFuzz.Run(
            Gate.Options, Gate.Read<WatcherReport>, [Right(1)], message => Publish(indexer, message),
            () => Publish(indexer, Right(++used)));
        // One that says it was sent in a moment makes others come too late until then.
        await Wait.UntilAsync(async () =>
        {
            await indexer.PublishAsync(Right(++used));
            string watchers = await indexer.Http.GetStringAsync(
                new Uri("/api/watchers", UriKind.Relative), TestContext.Current.CancellationToken);
            return watchers.Contains($"\"watchesUsed\":{used},", StringComparison.Ordinal);
        });
        await indexer.Http.GetStringAsync(
            new Uri("/api/libraries/photos/verification", UriKind.Relative), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Requests_for_parts_of_the_catalog()
    {
        await using var indexer = await StartAsync();
        MessageFuzz.Run(
            Gate.Options, Gate.Read<CatalogPartRequested>,
            [new CatalogPartRequested { LibraryId = "photos", StateId = s_id },
             new CatalogPartRequested { LibraryId = "photos", StateId = s_id, After = "2026/a.jpg" }],
            message => Publish(indexer, message),
            () => Publish(indexer, new CatalogPartRequested { LibraryId = "photos", StateId = s_id }));
    }

    [Fact]
    public async Task Previews()
    {
        await using var indexer = await StartAsync();
        var right = new LibraryPreviewed
        {
            PreviewId = s_id, Files = 2, Paths = ["2026/a.jpg", "b.jpg"], DirectoriesLeftOut = 1, IsComplete = true,
            Reason = "None.", Problem = "None.", IsBusy = true,
        };
        MessageFuzz.Run(
            Gate.Options, Gate.Read<LibraryPreviewed>, [right], message => Publish(indexer, message), () => Publish(indexer, right));
    }

    private static async Task<LiveIndexer> StartAsync()
    {
        var indexer = await LiveIndexer.StartAsync();
        await (await indexer.ReadyAsync()).RegisterAsync();
        return indexer;
    }

    private static void Publish<TMessage>(LiveIndexer indexer, TMessage message)
        where TMessage : class => indexer.PublishAsync(message).GetAwaiter().GetResult();
}
