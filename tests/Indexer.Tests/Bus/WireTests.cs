using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using WatchPhoto.Bus;
using WatchPhoto.Contracts;
using WatchPhoto.Testing;

namespace WatchPhoto.Indexer.Tests.Bus;

/// <summary>The exact bytes of each message: what people write by hand, and what another version must still read.</summary>
public class WireTests(TestServers fixture)
{
    private static readonly Guid Id = Guid.Parse("0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c11");
    private static readonly JsonSerializerOptions Plain = new(JsonSerializerDefaults.Web) { NumberHandling = JsonNumberHandling.Strict };
    private static readonly Guid Rival = Guid.Parse("0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c12");

    [Fact]
    public async Task File_events_are_plain_JSON_that_a_person_can_write()
    {
        var file = new PhotoFile
        {
            Size = 5_000_000_000,
            ModifiedAt = FileTime.Parse("2026-01-02T03:04:05.123456789Z"),
            Inode = ulong.MaxValue,
            BirthTime = FileTime.Parse("2025-01-02T03:04:05Z"),
        };
        var photo =
            new PhotoDescription { Width = 4000, Height = 3000, TakenAt = "2025-12-24T18:00:00", CameraMake = "Canon", CameraModel = "R5" };
        await AssertWireAsync(
            new FileEvents
            {
                LibraryId = "photos", Epoch = 3, Host = "nas",
                Events =
                [
                    new()
                    {
                        Kind = FileEventKind.Created, Version = 1767323045123456, Path = "2026/相片 a.b\"c'$.jpg", PhotoId = Id, File = file,
                        Photo = photo,
                    },
                    new() { Kind = FileEventKind.Changed, Version = 1, Path = "a", PhotoId = Id, File = file with { BirthTime = null } },
                    new() { Kind = FileEventKind.Deleted, Version = 1, Path = "line\nbreak<&>.jpg" },
                    new()
                    {
                        Kind = FileEventKind.Moved, Version = 1, Path = "b", OldPath = "a", PhotoId = Id,
                        File = file with { BirthTime = null },
                    },
                    new() { Kind = FileEventKind.DirectoryRemoved, Version = 1, Path = "2025//caf%E9" },
                ],
            },
            """
            {"libraryId":"photos","epoch":3,"host":"nas","events":[
            {"kind":"created","version":1767323045123456,"path":"2026/相片 a.b\"c'$.jpg","photoId":"0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c11",
            "file":{"size":5000000000,"modifiedAt":"2026-01-02T03:04:05.123456789Z","inode":"18446744073709551615",
            "birthTime":"2025-01-02T03:04:05.000000000Z"},
            "photo":{"width":4000,"height":3000,"takenAt":"2025-12-24T18:00:00","cameraMake":"Canon","cameraModel":"R5"}},
            {"kind":"changed","version":1,"path":"a","photoId":"0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c11",
            "file":{"size":5000000000,"modifiedAt":"2026-01-02T03:04:05.123456789Z","inode":"18446744073709551615"}},
            {"kind":"deleted","version":1,"path":"line\nbreak<&>.jpg"},
            {"kind":"moved","version":1,"path":"b","oldPath":"a","photoId":"0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c11",
            "file":{"size":5000000000,"modifiedAt":"2026-01-02T03:04:05.123456789Z","inode":"18446744073709551615"}},
            {"kind":"directoryRemoved","version":1,"path":"2025//caf%E9"}]}
            """);
    }

    [Fact]
    public Task A_proof_travels_behind_the_events_it_is_about() => AssertWireAsync(
        new FileEvents
        {
            LibraryId = "photos", Epoch = 1, Host = "nas", Events = [],
            Proof = new Proof(6, 4, 8, Floor: 5, DiskComparedAt: new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero)),
        },
        """
        {"libraryId":"photos","epoch":1,"host":"nas","events":[],
        "proof":{"version":6,"count":4,"digest":"8","floor":5,"diskComparedAt":"2026-01-02T03:04:05+00:00"}}
        """);

    [Theory]
    [InlineData("18446744073709551615", "9223372036854775807")]
    [InlineData("\"18446744073709551615\"", "\"9223372036854775807\"")]
    public void Numbers_above_53_bits_are_read_as_numbers_too_as_earlier_versions_wrote_them(string inode, string digest)
    {
        string json = $$$"""
            {"libraryId":"photos","epoch":1,"host":"nas","events":[{"kind":"created","version":1,"path":"a",
            "photoId":"0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c11",
            "file":{"size":1,"modifiedAt":"2026-01-02T03:04:05Z","inode":{{{inode}}}}}],"proof":{"version":6,"count":4,
            "digest":{{{digest}}}}}
            """;
        var read = JsonSerializer.Deserialize<FileEvents>(json, Plain)!;
        Assert.Equal(ulong.MaxValue, read.Events.Single().File!.Inode);
        Assert.Equal(long.MaxValue, read.Proof!.Digest);
    }

    [Fact]
    public Task Libraries_are_announced_whole() => AssertWireAsync(
        new LibrariesAnnounced
        {
            CatalogId = Id,
            Revision = 7,
            Libraries =
            [
                new() { Id = "photos", Name = "Photos", Host = "nas", Path = "/srv/photos" },
                new()
                {
                    Id = "old", Name = "Old", Host = "nas", Path = "/srv/old", Include = ["**/*"], Exclude = [], Epoch = 2, Owner = Id,
                    HighestVersion = 1767323045123456,
                    RemovedAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
                },
            ],
            Hosts = [new HostLease("nas", Id), new HostLease("other", Id, Rival, Rival)],
        },
        """
        {"catalogId":"0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c11","revision":7,"libraries":[
        {"id":"photos","name":"Photos","host":"nas","path":"/srv/photos","kind":"store","backend":"local","watch":"auto","epoch":1,
        "highestVersion":0},
        {"id":"old","name":"Old","host":"nas","path":"/srv/old","include":["**/*"],"exclude":[],"kind":"store","backend":"local",
        "watch":"auto","epoch":2,
        "owner":"0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c11","highestVersion":1767323045123456,"removedAt":"2026-01-02T03:04:05+00:00"}],
        "hosts":[{"host":"nas","stateId":"0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c11"},
        {"host":"other","stateId":"0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c11","rival":"0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c12",
        "refused":"0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c12"}]}
        """);

    [Fact]
    public Task Reports_tell_states_by_name() => AssertWireAsync(
        new WatcherReport
        {
            Host = "nas",
            StateId = Id,
            RunId = Rival,
            SentAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
            WatchesUsed = 1,
            WatchesLimit = 2,
            PendingOutbox = 3,
            Libraries =
            [
                new()
                {
                    LibraryId = "photos", Epoch = 1, State = LibraryState.Watching, Entries = 4, Directories = 5,
                    DiskComparedAt = new DateTimeOffset(2026, 1, 2, 0, 0, 0, TimeSpan.Zero), Proof = new Proof(6, 4, 8),
                },
                new()
                {
                    LibraryId = "old", Epoch = 2, State = LibraryState.Scanning, Reason = "Because.", Entries = 0, Directories = 0,
                    Progress = new ScanProgress(1, 10, 2.5, 4),
                },
                new()
                {
                    LibraryId = "dark", Epoch = 3, State = LibraryState.Degraded, Reason = "It is dark.", Entries = 6, Directories = 7,
                    Unseen = new Unseen(3,
                    [
                        new() { Directory = "2026/d", Reason = "dark", Remedy = "light" },
                        new() { Directory = "", Reason = "dark", Remedy = "light", Name = "a.jpg", Names = 2 },
                        new() { Reason = "dark", Remedy = "light" },
                    ]),
                },
            ],
            Refused = [new RefusedLibrary("bad", "It is bad.")],
            Rival = Id,
        },
        """
        {"host":"nas","stateId":"0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c11","runId":"0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c12",
        "sentAt":"2026-01-02T03:04:05+00:00","watchesUsed":1,"watchesLimit":2,"pendingOutbox":3,"libraries":[
        {"libraryId":"photos","epoch":1,"state":"watching","entries":4,"directories":5,"diskComparedAt":"2026-01-02T00:00:00+00:00",
        "proof":{"version":6,"count":4,"digest":"8","floor":0}},
        {"libraryId":"old","epoch":2,"state":"scanning","reason":"Because.","entries":0,"directories":0,"progress":{"files":1,
        "expected":10,"filesPerSecond":2.5,"busySeconds":4}},
        {"libraryId":"dark","epoch":3,"state":"degraded","reason":"It is dark.","entries":6,"directories":7,"unseen":{"count":3,"places":[
        {"directory":"2026/d","reason":"dark","remedy":"light","names":0},
        {"directory":"","reason":"dark","remedy":"light","name":"a.jpg","names":2},
        {"reason":"dark","remedy":"light","names":0}]}}],
        "refused":[{"libraryId":"bad","reason":"It is bad."}],"rival":"0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c11"}
        """);

    [Fact]
    public Task The_catalog_is_asked_for_in_parts() => AssertWireAsync(
        new CatalogPartRequested { LibraryId = "photos", StateId = Id, After = "2026/a.jpg" },
        """{"libraryId":"photos","stateId":"0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c11","after":"2026/a.jpg"}""");

    [Fact]
    public Task The_catalog_is_told_in_parts() => AssertWireAsync(
        new CatalogPart
        {
            LibraryId = "photos", StateId = Id, IsLast = true, HighestVersion = 1767323045123456,
            Entries = [new CatalogEntry("a.jpg", Id, 1, new PhotoFile { Size = 2, ModifiedAt = new FileTime(3, 4), Inode = 5 })],
        },
        """
        {"libraryId":"photos","stateId":"0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c11","entries":[
        {"path":"a.jpg","photoId":"0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c11","version":1,"file":{"size":2,
        "modifiedAt":"1970-01-01T00:00:03.000000004Z","inode":"5"}}],
        "isLast":true,"highestVersion":1767323045123456}
        """);

    [Fact]
    public Task Actions_are_asked_for_by_name() => AssertWireAsync(
        new LibraryActionRequested { LibraryId = "photos", Action = LibraryAction.AcceptDeletions, Reason = "over HTTP" },
        """{"libraryId":"photos","action":"acceptDeletions","reason":"over HTTP"}""");

    [Fact]
    public Task A_preview_is_asked_of_the_watcher_of_a_state() => AssertWireAsync(
        new LibraryPreviewRequested
        {
            PreviewId = Id, StateId = Rival, Seconds = 2.5,
            Library =
                new Library { Id = "raw", Name = "Raw", Host = "nas", Path = "/srv/raw", Include = ["*.{dng,nef}"], Exclude = ["Raw/**"] },
        },
        """
        {"previewId":"0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c11","stateId":"0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c12","library":
        {"id":"raw","name":"Raw","host":"nas","path":"/srv/raw","include":["*.{dng,nef}"],"exclude":["Raw/**"],"kind":"store",
        "backend":"local","watch":"auto","epoch":1,"highestVersion":0},
        "seconds":2.5}
        """);

    [Fact]
    public Task A_preview_tells_what_there_is() => AssertWireAsync(
        new LibraryPreviewed
        {
            PreviewId = Id, Files = 2, Paths = ["a.dng", "2026//caf%E9.dng"], DirectoriesLeftOut = 3, IsComplete = true,
        },
        """
        {"previewId":"0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c11","files":2,"paths":["a.dng","2026//caf%E9.dng"],"directoriesLeftOut":3,
        "isComplete":true,"isBusy":false}
        """);

    [Fact]
    public Task A_preview_that_cannot_be_says_why() => AssertWireAsync(
        new LibraryPreviewed { PreviewId = Id, Problem = "It is busy.", IsBusy = true },
        """{"previewId":"0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c11","files":0,"paths":[],"directoriesLeftOut":0"""
            + ""","isComplete":false,"problem":"It is busy.","isBusy":true}""");

    private async Task AssertWireAsync<TMessage>(TMessage message, string expected)
        where TMessage : class
    {
        var broker = await Broker.CreateAsync(fixture);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(broker.Settings);
        var seen = new TaskCompletionSource<(TMessage Message, byte[] Body, string? ContentType)>();
        builder.AddBus(bus => bus.AddHandler<TMessage>(context =>
        {
            seen.TrySetResult((context.Message, context.ReceiveContext.Body.GetBytes(), context.ReceiveContext.ContentType?.MediaType));
            return Task.CompletedTask;
        }));
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        // Before its queue is bound, what is published goes elsewhere.
        await host.Services.GetRequiredService<IBusControl>().WaitForHealthStatus(
            BusHealthStatus.Healthy, TestContext.Current.CancellationToken);
        await host.Services.GetRequiredService<IConfirmedPublisher>().PublishAsync(message, TestContext.Current.CancellationToken);

        var (read, body, contentType) = await seen.Task.WaitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(expected.ReplaceLineEndings(""), Encoding.UTF8.GetString(body));
        Assert.Equal("application/json", contentType);
        Assert.Equivalent(message, read, strict: true);
        await host.StopAsync(TestContext.Current.CancellationToken);
    }
}
