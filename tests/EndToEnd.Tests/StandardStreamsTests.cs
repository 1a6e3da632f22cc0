using Mono.Unix.Native;
using WatchPhoto.EndToEnd.Tests.Harness;
using WatchPhoto.Testing;

namespace WatchPhoto.EndToEnd.Tests;

/// <summary>What a program writes for people to read is no reason for it to end, wherever that goes.</summary>
public sealed class StandardStreamsTests : StandaloneTest
{
    [Theory]
    [InlineData("> /dev/full")]
    [InlineData("2> /dev/full")]
    [InlineData("> /dev/full 2> /dev/full")]
    [InlineData(">&-")]
    [InlineData("2>&-")]
    [InlineData("<&- >&- 2>&-")]
    [InlineData("> >(head -n 1)")]
    public async Task The_catalog_is_kept_whatever_becomes_of_what_is_written(string redirection)
    {
        int port = FreePort();
        var standalone = StartBy(Shell($"exec \"$@\" {redirection}"), $"--port={port}", Photos.Root);
        using var api = await AnsweringAsync(port);
        Photos.AddPhotos(100);
        await EqualsDiskAsync(api);
        Photos.Run("mv 2026/000 moved; rm -r 2026/001");
        await EqualsDiskAsync(api);

        if (redirection == "> /dev/full")
            await standalone.SaysAsync("Standard output cannot be written to (No space left on device)");
        Assert.Equal(0, await standalone.TerminateAsync());
    }

    [Fact]
    public async Task Who_reads_the_log_and_pauses_does_not_hold_up_the_catalog()
    {
        string pipe = Beside("log");
        Assert.Equal(0, Syscall.mkfifo(pipe, FilePermissions.S_IRUSR | FilePermissions.S_IWUSR));
        // Both ends, so that neither side waits for the other one to open it.
        using var unread = new FileStream(pipe, FileMode.Open, FileAccess.ReadWrite);
        int port = FreePort();
        var standalone = StartIn(
            new() { ["Logging__LogLevel__Default"] = "Trace", ["Logging__LogLevel__Microsoft"] = "Trace" },
            Shell($"exec \"$@\" 2> '{pipe}'"), $"--port={port}", Photos.Root);
        using var api = await AnsweringAsync(port);
        for (int i = 0; i < 10; i++)
        {
            Photos.AddPhotos(100, below: $"{i}");
            await EqualsDiskAsync(api);
        }

        standalone.Kill();
    }

    [Theory]
    [InlineData("Indexer", "> /dev/full")]
    [InlineData("Indexer", "> /dev/full 2> /dev/full")]
    [InlineData("Indexer", ">&- 2>&-")]
    [InlineData("Watcher", "> /dev/full")]
    [InlineData("Watcher", "> /dev/full 2> /dev/full")]
    [InlineData("Watcher", ">&- 2>&-")]
    public async Task A_service_goes_on_without_its_log(string program, string redirection)
    {
        using var service = new ServiceProcess(program, program, Data, new Dictionary<string, string>
        {
            ["ConnectionStrings__Sqlite"] = Path.Combine(Data, "catalog.db"),
            ["Urls"] = "http://127.0.0.1:0",
            ["Watcher__StateDirectory"] = Path.Combine(Data, "state"),
            ["Watcher__ReportInterval"] = "00:00:00.1",
            ["Logging__LogLevel__Default"] = "Debug",
        })
        {
            By = Shell($"exec \"$@\" {redirection}"),
        };
        service.Start();
        // What is done once it listens to signals.
        await Wait.UntilAsync(
            () => program == "Indexer" ? File.Exists(Path.Combine(Data, "catalog.db")) : HasThread(service.Id, "tracker"),
            "It has not begun.");
        if (redirection == "> /dev/full")
            await service.WritesAsync("Standard output cannot be written to (No space left on device)");
        Assert.True(service.IsRunning);
        Assert.Equal(0, await service.TerminateAsync());
    }

    private static bool HasThread(int process, string name) => Directory.EnumerateDirectories($"/proc/{process}/task").Any(thread =>
    {
        try
        {
            return File.ReadAllText(Path.Combine(thread, "comm")).Contains(name, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // It has ended just now.
            return false;
        }
    });
}
