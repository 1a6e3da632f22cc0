using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Mono.Unix.Native;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Sqlite;

namespace WatchPhoto.Bench.Roles;

/// <summary>
/// The least that the catalog spends on a directory that was renamed: the messages are there already, and nothing else runs.
/// </summary>
internal static class BareRenameRole
{
    public const string Name = "bare-rename";

    public static string[] Command(int files, string directory) =>
        Measuring.Workshop.Role(Name, files.ToString(CultureInfo.InvariantCulture), directory);

    public static async Task PlayAsync(string[] arguments)
    {
        int files = int.Parse(arguments[0], CultureInfo.InvariantCulture);
        await using var services = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System)
            .AddSqliteCatalog($"{arguments[1]}/catalog.db").BuildServiceProvider();
        await services.GetRequiredService<ICatalogSetup>().PrepareAsync(CancellationToken.None);
        var catalog = services.GetRequiredService<IPhotoCatalog>();

        long version = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1000;
        var ids = Enumerable.Range(0, files).Select(_ => Guid.CreateVersion7()).ToList();
        foreach (var message in Messages(files, i => Event(FileEventKind.Created, version, ids[i], i, "before")))
            await catalog.ApplyAsync(message, CancellationToken.None);

        var renamed = Messages(files, i => Event(FileEventKind.Moved, version + 1, ids[i], i, "after") with { OldPath = Path("before", i) }).ToList();
        renamed.Add(Message([new FileEvent { Kind = FileEventKind.DirectoryRemoved, Version = version + 1, Path = "before" }]));
        _ = Syscall.sync();
        long start = Stopwatch.GetTimestamp();
        foreach (var message in renamed)
            await catalog.ApplyAsync(message, CancellationToken.None);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"applied {Stopwatch.GetElapsedTime(start).TotalSeconds:R}"));
    }

    private static IEnumerable<FileEvents> Messages(int files, Func<int, FileEvent> each) =>
        Enumerable.Range(0, files).Chunk(FileEvents.MaxEvents).Select(chunk => Message([.. chunk.Select(each)]));

    private static FileEvents Message(IReadOnlyList<FileEvent> events) =>
        new() { LibraryId = "bench", Epoch = 1, Host = "bench", Events = events };

    private static FileEvent Event(FileEventKind kind, long version, Guid id, int i, string directory) => new()
    {
        Kind = kind, Version = version, Path = Path(directory, i), PhotoId = id,
        File = new PhotoFile { Size = i, ModifiedAt = new FileTime(1, i), Inode = (ulong)i, BirthTime = new FileTime(1, i) },
    };

    private static string Path(string directory, int i) => string.Create(CultureInfo.InvariantCulture, $"{directory}/IMG_{i:000000}.jpg");
}
