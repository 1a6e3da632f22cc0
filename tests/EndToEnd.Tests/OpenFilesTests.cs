using System.Net.Sockets;
using WatchPhoto.EndToEnd.Tests.Harness;
using WatchPhoto.Testing;

namespace WatchPhoto.EndToEnd.Tests;

/// <summary>A process may have only so many files open.</summary>
public sealed class OpenFilesTests : StandaloneTest
{
    [Fact]
    public async Task As_many_idle_connections_as_there_may_be_files_leave_the_catalog_equal_and_the_API_answers_again()
    {
        int port = FreePort();
        var standalone = StartIn(
            new() { ["Indexer__ConnectionIdleTime"] = "00:00:10" }, Shell("ulimit -n 1024; exec \"$@\""), $"--port={port}", Photos.Root);
        await standalone.SaysAsync("0 files in the catalog");

        var idle = new List<Socket>();
        try
        {
            for (int i = 0; i < 1_100; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                idle.Add(socket);
                await socket.ConnectAsync("127.0.0.1", port, Cancellation);
            }

            Photos.AddPhotos(500);
            await standalone.SaysAsync("+ created 2026/012/photo 00499.jpg");
            Assert.InRange(Directory.GetFiles($"/proc/{standalone.Id}/fd").Length, 1, 900);

            // None of the connections was closed by this side.
            using var api = await AnsweringAsync(port);
            await EqualsDiskAsync(api);
        }
        finally
        {
            idle.ForEach(socket => socket.Dispose());
        }

        Assert.Equal(0, await standalone.TerminateAsync());
    }

    [Fact]
    public async Task A_thousand_readers_at_once_leave_the_catalog_equal()
    {
        Photos.AddPhotos(1_000);
        int port = FreePort();
        var standalone = StartBy(Shell("ulimit -n 512; exec \"$@\""), $"--port={port}", Photos.Root);
        await standalone.SaysAsync("1,000 files in the catalog");

        // With it its connections go.
        using (var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") })
        {
            await Task.WhenAll(Enumerable.Range(0, 1_000).Select(async _ =>
            {
                try
                {
                    await http.GetStringAsync(new Uri("api/libraries/photos/photos.ndjson", UriKind.Relative), Cancellation);
                }
                catch (HttpRequestException)
                {
                    // One too many at this moment.
                }
            }));
        }

        Photos.Run("mv 2026/000 moved");
        using var api = await AnsweringAsync(port);
        await EqualsDiskAsync(api);
        Assert.Equal(0, await standalone.TerminateAsync());
    }

    [Fact]
    public async Task A_soft_limit_is_raised_to_the_hard_one()
    {
        var standalone = StartBy(Shell("ulimit -Sn 256; exec \"$@\""), "--port", "0", Photos.Root);
        await standalone.SaysAsync("0 files in the catalog");
    }

    [Theory]
    [InlineData("Standalone")]
    [InlineData("Indexer")]
    [InlineData("Watcher")]
    public async Task Too_few_files_are_refused_with_one_sentence(string program)
    {
        using var service = new ServiceProcess(
            program, program, Data, new Dictionary<string, string>()) { By = Shell("ulimit -n 256; exec \"$@\"") };
        service.Start();
        Assert.Equal(1, await service.ExitAsync());
        Assert.StartsWith(
            "Only 256 files may be open at once, and 512 are needed: raise the hard limit", Assert.Single(service.Lines),
            StringComparison.Ordinal);
    }
}
