using WatchPhoto.Bus;
using WatchPhoto.Contracts;
using WatchPhoto.Testing;

namespace WatchPhoto.Watcher.Tests;

/// <summary>Whatever a watcher is sent, it is refused or taken, and what is right is taken after it.</summary>
[Collection(MeasuredAlone.Name)]
public sealed class FuzzTests : IDisposable
{
    private static readonly Guid s_id = Guid.Parse("0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c11");

    private readonly LiveWatcher _watcher = new();

    public void Dispose() => _watcher.Dispose();

    [Fact]
    public void Announcements()
    {
        _watcher.Write("a.jpg");
        _watcher.Begin();
        var own = _watcher.Ask(tracker => tracker.Libraries.Single().Definition);
        MessageFuzz.Run(
            Gate.Options, Gate.Read<LibrariesAnnounced>,
            [
                new LibrariesAnnounced
                {
                    CatalogId = s_id, Revision = 3,
                    Libraries =
                        [own with { Include = ["**/*.jpg", "*.{png,tif}"], Exclude = ["/Raw/"], HighestVersion = 7 },
                         own with { Id = "other", Path = "/nowhere" }],
                    Hosts = [new HostLease("nas", s_id, s_id, s_id)], SentAt = DateTimeOffset.UtcNow, SentBy = s_id,
                },
            ],
            message => _watcher.Ask(tracker =>
            {
                tracker.Announced(message.Libraries, message.SentBy, message.SentAt);
                return true;
            }),
            () => _watcher.Ask(tracker =>
            {
                tracker.Announced([own], s_id, DateTimeOffset.UtcNow);
                return true;
            }));
        IsRight();
    }

    [Fact]
    public void Actions()
    {
        _watcher.Write("a.jpg");
        _watcher.Begin();
        var right = new LibraryActionRequested { LibraryId = _watcher.Definition.Id, Action = LibraryAction.Compare, Reason = "by hand" };
        MessageFuzz.Run(
            Gate.Options, Gate.Read<LibraryActionRequested>, [right, right with { Action = LibraryAction.Resync }], Act, () => Act(right));
        IsRight();

        void Act(LibraryActionRequested request) => _watcher.Ask(tracker =>
        {
            tracker.Act(request);
            return true;
        });
    }

    [Fact]
    public void Parts_of_the_catalog()
    {
        _watcher.Write("a.jpg");
        _watcher.Begin();
        var file = new PhotoFile { Size = 1, ModifiedAt = FileTime.Parse("2026-01-02T03:04:05Z"), Inode = 42 };
        MessageFuzz.Run(
            Gate.Options, Gate.Read<CatalogPart>,
            [
                new CatalogPart
                {
                    LibraryId = _watcher.Definition.Id, StateId = s_id, After = "a", HighestVersion = 7, IsLast = true,
                    Entries =
                        [new CatalogEntry("b.jpg", s_id, 7, file),
                         new CatalogEntry("2025//caf%E9", s_id, 6, file with { BirthTime = FileTime.Parse("2025-01-02T03:04:05Z") })],
                },
            ],
            part => _watcher.Ask(tracker =>
            {
                tracker.Take(part);
                return true;
            }),
            () => { });
        IsRight();
    }

    [Fact]
    public void Requests_for_previews() => MessageFuzz.Run(
        Gate.Options, Gate.Read<LibraryPreviewRequested>,
        [
            new LibraryPreviewRequested
            {
                PreviewId = s_id, StateId = s_id, Library = _watcher.Definition with { Include = ["*.jpg"], Owner = s_id }, Seconds = 10,
            },
        ],
        _ => { }, () => { });

    private void IsRight()
    {
        _watcher.Announce(_watcher.Definition);
        _watcher.Write("d/b.jpg");
        Assert.Equal(["a.jpg", "d/b.jpg"], _watcher.Settled().Keys.Order(StringComparer.Ordinal));
    }
}
