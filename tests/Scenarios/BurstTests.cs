using System.Globalization;
using WatchPhoto.Scenarios.Tests.Running;

namespace WatchPhoto.Scenarios.Tests;

/// <summary>More changes at once than the kernel keeps events for.</summary>
public sealed class BurstTests
{
    private const int FilesInDirectory = 1000;

    [Fact]
    public Task Two_writers_faster_than_the_kernels_queue_end_in_the_catalog() => RunAsync(files: 20_000, mostEvents: 1024);

    [Fact, Trait("Category", "Soak")]
    public Task Half_a_million_files_of_two_writers_end_in_the_catalog() => RunAsync(files: 500_000, mostEvents: null);

    private static async Task RunAsync(int files, int? mostEvents)
    {
        var runAs = new RunAs { MostEvents = mostEvents };
        runAs.CheckRights();
        await using var installation = Installation.Create("sqlite", runAs, servers: null);
        await installation.StartAsync();
        var root = installation.OwnLibrary!;

        await Task.WhenAll(Enumerable.Range(0, 2).Select(writer => Task.Run(() => Write(root, writer, files / 2))));

        var disk = Tree.Files(root);
        Assert.Equal(files, disk.Count);
        await installation.UntilAsync(
            async () => ScenarioRun.Difference(disk, await installation.PhotosAsync(Path.GetFileName(root))), TimeSpan.FromMinutes(10));
    }

    private static void Write(string root, int writer, int files)
    {
        for (int file = 0; file < files; file++)
        {
            var directory = string.Create(CultureInfo.InvariantCulture, $"{root}/{writer}-{file / FilesInDirectory}");
            if (file % FilesInDirectory == 0)
                Directory.CreateDirectory(directory);
            Assert.True(Libc.Write(Libc.Bytes($"{directory}/{file}.jpg"), 10, creates: true, truncates: true));
        }
    }
}
