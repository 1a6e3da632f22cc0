using System.Diagnostics;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Mono.Unix.Native;
using WatchPhoto.EndToEnd.Tests.Harness;
using WatchPhoto.Testing;

namespace WatchPhoto.EndToEnd.Tests;

/// <summary>What a person sees who starts WatchPhoto on a directory, without any server.</summary>
public sealed class StandaloneTests : StandaloneTest
{
    [Fact]
    public async Task A_thousand_photos_are_in_the_catalog_and_every_change_is_shown_until_Ctrl_C()
    {
        Photos.AddPhotos(1_000);
        var standalone = Start("--port", "0", Photos.Root);
        await standalone.SaysAsync("1,000 files in the catalog");
        var before = await EqualsDiskAsync(standalone);
        Assert.Equal(1_000, before.Count);

        Photos.Run(
            "mv 2026/000 moved; mv '2026/001/photo 00040.jpg' renamed.jpg; printf more >> '2026/001/photo 00041.jpg'; "
                + "rm '2026/001/photo 00042.jpg'; rm -r 2026/002");
        Photos.AddPhoto("new.jpg");
        var after = await EqualsDiskAsync(standalone);
        Assert.Equal(before["2026/000/photo 00000.jpg"].PhotoId, after["moved/photo 00000.jpg"].PhotoId);
        Assert.Equal(before["2026/001/photo 00040.jpg"].PhotoId, after["renamed.jpg"].PhotoId);
        await standalone.SaysAsync("> moved 2026/001/photo 00040.jpg -> renamed.jpg");
        await standalone.SaysAsync("~ changed 2026/001/photo 00041.jpg");
        await standalone.SaysAsync("- deleted 2026/001/photo 00042.jpg");
        await standalone.SaysAsync("- directory removed 2026/002");
        await standalone.SaysAsync("+ created new.jpg");

        Assert.Equal(0, await standalone.TerminateAsync(Signum.SIGINT));
    }

    [Fact]
    public async Task A_preview_tells_what_other_globs_would_hold_and_what_a_directory_that_is_not_there_lacks()
    {
        Photos.AddPhotos(100);
        Photos.AddPhoto("Raw/a.jpg");
        var standalone = Start("--port", "0", Photos.Root);
        await EqualsDiskAsync(standalone);
        var api = await standalone.ApiAsync();
        var library = (await api.GetFromJsonAsync<JsonArray>(new Uri("api/libraries", UriKind.Relative), Cancellation))![0]!;
        var id = library["id"]!.GetValue<string>();
        var host = library["host"]!.GetValue<string>();

        using var answer = await api.PostAsJsonAsync(
            new Uri("api/libraries/preview", UriKind.Relative), new { id, exclude = new[] { "2026/{000,001}/" } }, Cancellation);
        var preview = await answer.Content.ReadFromJsonAsync<JsonNode>(Cancellation);
        Assert.Equal(21, preview!["files"]!.GetValue<int>());
        Assert.True(preview["isComplete"]!.GetValue<bool>());
        Assert.Equal(2, preview["directoriesLeftOut"]!.GetValue<int>());
        Assert.Equal("2026/002/photo 00080.jpg", preview["paths"]![0]!.GetValue<string>());

        using var absent = await api.PostAsJsonAsync(
            new Uri("api/libraries/preview", UriKind.Relative), new { host, path = "/nowhere/at/all" }, Cancellation);
        Assert.Equal(422, (int)absent.StatusCode);
        Assert.Contains(
            "is not there", (await absent.Content.ReadFromJsonAsync<JsonNode>(Cancellation))!["detail"]!.GetValue<string>(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_of_any_bytes_pass_the_whole_way_and_no_terminal_obeys_them()
    {
        var standalone = Start("--port", "0", Photos.Root);
        await standalone.SaysAsync("0 files in the catalog");

        Photos.AddPhoto("plain.jpg");
        Photos.Run(
            """
            for name in '$where.jpg' $'a.b"c\'.jpg' -rf.jpg $'two\nlines.jpg' 照片.jpg $'caf\xe9.jpg' "$(printf 'x%.0s' {1..251}).jpg" \
              $'\e[2J.jpg'
            do cp -- plain.jpg "./$name"; done
            """);

        Assert.Equal(9, (await EqualsDiskAsync(standalone)).Count);
        await standalone.SaysAsync(@"+ created two\u000Alines.jpg");
        await standalone.SaysAsync(@"+ created \u001B[2J.jpg");
        await standalone.SaysAsync("+ created 照片.jpg");
    }

    [Fact]
    public async Task A_second_start_finds_what_changed_meanwhile()
    {
        Photos.AddPhotos(200);
        var standalone = Start("--port", "0", Photos.Root);
        var before = await EqualsDiskAsync(standalone);
        Assert.Equal(0, await standalone.TerminateAsync(Signum.SIGINT));

        Photos.Run("mv 2026/000 moved; rm 2026/001/*; printf more >> '2026/002/photo 00080.jpg'");
        Photos.AddPhotos(10, below: "added");
        standalone.Start();

        var after = await EqualsDiskAsync(standalone);
        Assert.Equal(before["2026/000/photo 00000.jpg"].PhotoId, after["moved/photo 00000.jpg"].PhotoId);
        Assert.Equal(before["2026/002/photo 00080.jpg"].PhotoId, after["2026/002/photo 00080.jpg"].PhotoId);
        await standalone.SaysAsync("~ changed 2026/002/photo 00080.jpg");
    }

    [Fact]
    public async Task An_import_killed_in_the_middle_is_finished_by_the_next_start()
    {
        Photos.AddPhotos(3_000);
        var random = new Random(1);
        var standalone = Start("--port", "0", Photos.Root);
        for (int i = 0; i < 3; i++)
        {
            await standalone.ApiAsync();
            // Anywhere in the import.
            await Task.Delay(random.Next(10, 400), Cancellation);
            standalone.Kill();
            standalone.Start();
        }

        Assert.Equal(3_000, (await EqualsDiskAsync(standalone)).Count);
        Assert.Equal(0, await standalone.TerminateAsync(Signum.SIGINT));
    }

    [Fact]
    public async Task A_directory_that_is_not_there_is_refused_with_one_sentence()
    {
        var standalone = Start("--port", "0", Photos.Root + "/nowhere");

        await RefusesAsync(standalone, $"There is no directory '{Photos.Root}/nowhere'.");
    }

    [Fact]
    public async Task Two_directories_that_are_one_are_refused_with_one_sentence()
    {
        Needs.Root("it mounts");
        string bound = Path.GetFullPath(Path.Combine(Photos.Root, "..", "bound"));
        Photos.Run("mkdir -p ../bound; mount --bind . ../bound");
        try
        {
            await RefusesAsync(Start("--port", "0", Photos.Root, bound), "by another name (a bind mount): name one of the two only.");
        }
        finally
        {
            Photos.Run("umount -l ../bound; rmdir ../bound");
        }
    }

    [Fact]
    public async Task A_port_that_is_taken_is_refused_with_one_sentence()
    {
        using var taken = new TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        var port = ((System.Net.IPEndPoint)taken.LocalEndpoint).Port;

        await RefusesAsync(Start($"--port={port}", Photos.Root), $"{port}");
    }

    [Fact]
    public async Task A_catalog_that_another_one_uses_is_refused_with_one_sentence()
    {
        await Start("--port", "0", Photos.Root).ApiAsync();

        await RefusesAsync(
            Start("--port", "0", Photos.Root), $"Another WatchPhoto uses '{Data}': stop it, or choose another directory with --data.");
    }

    [Fact]
    public async Task Only_this_machine_can_reach_the_API()
    {
        var api = await Start("--port", "0", Photos.Root).ApiAsync();

        Assert.Equal("127.0.0.1", api.BaseAddress!.Host);
        var ours = File.ReadLines("/proc/net/tcp").Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1])
            .Where(local => local.EndsWith($":{api.BaseAddress.Port:X4}", StringComparison.Ordinal)).Select(local => local.Split(':')[0])
            .Distinct();
        Assert.Equal(["0100007F"], ours);
    }

    [Fact]
    public async Task Neither_files_of_the_directory_it_is_started_in_nor_the_environment_let_others_reach_the_API()
    {
        string open = $"http://0.0.0.0:{FreePort()}";
        File.WriteAllText(
            Path.Combine(Photos.Root, "appsettings.json"),
            """{"Urls":"OPEN","AllowedHosts":"*","Kestrel":{"Endpoints":{"Open":{"Url":"OPEN"}}},"Watcher":{"Host":"of-the-file"}}"""
                .Replace("OPEN", open, StringComparison.Ordinal));
        File.WriteAllText(Path.Combine(Photos.Root, "appsettings.Production.json"), "{ this is no JSON");
        var standalone = StartIn(
            new()
            {
                ["Kestrel__Endpoints__Open__Url"] = open, ["ASPNETCORE_Kestrel__Endpoints__Open__Url"] = open,
                ["DOTNET_Kestrel__Endpoints__Open__Url"] = open,
                ["URLS"] = open, ["ASPNETCORE_URLS"] = open, ["DOTNET_URLS"] = open, ["ASPNETCORE_HTTP_PORTS"] = "0", ["HTTP_PORTS"] = "0",
                ["AllowedHosts"] = "*", ["ASPNETCORE_ENVIRONMENT"] = "Development", ["DOTNET_ENVIRONMENT"] = "Development",
                ["ASPNETCORE_CONTENTROOT"] = Photos.Root, ["DOTNET_CONTENTROOT"] = Photos.Root, ["ASPNETCORE_PREFERHOSTINGURLS"] = "true",
            },
            Shell($"cd '{Photos.Root}'; exec \"$@\""), "--port", "0", ".");
        using var api = await standalone.ApiAsync();

        Assert.Equal(["0100007F"], ListeningAddresses(standalone));
        Assert.NotEqual("of-the-file", (await GetAsync(api, "libraries"))[0]!["host"]!.GetValue<string>());
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/libraries") { Headers = { Host = "evil.example" } };
        Assert.Equal(400, (int)(await api.SendAsync(request, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task A_directory_whose_name_no_library_may_have_is_one_by_what_can_be_shown_of_it()
    {
        string letters = new('é', 120);
        Photos.Run($"mkdir -p \"../$(printf '{letters}\\033[2J')\"");
        using var api = await StartBy(Shell($"exec \"$@\" '{Beside(letters)}'*"), "--port", "0").ApiAsync();
        Assert.Equal(letters + "\ufffd[2J", (await GetAsync(api, "libraries"))[0]!["name"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_disk_that_hangs_does_not_keep_it_from_ending()
    {
        Needs.Program("bindfs");
        Needs.Root("it mounts");
        Photos.AddPhotos(10);
        Photos.Run("mkdir ../mounted");
        string mounted = Path.GetFullPath(Path.Combine(Photos.Root, "..", "mounted"));
        using var fileSystem = Process.Start("bindfs", ["-f", Photos.Root, mounted]);
        try
        {
            await Wait.UntilAsync(() => Directory.Exists(Path.Combine(mounted, "2026")), "It is not mounted.");
            var standalone = Start("--port", "0", mounted);
            await standalone.SaysAsync("10 files in the catalog");

            Assert.Equal(0, Syscall.kill(fileSystem.Id, Signum.SIGSTOP));
            await Wait.UntilAsync(
                () => Directory.EnumerateDirectories($"/proc/{standalone.Id}/task").Any(WaitsForFuse),
                "It has not asked the disk for anything.");
            Assert.Equal(128 + (int)Signum.SIGKILL, await standalone.TerminateAsync(Signum.SIGINT));
            Assert.Contains("as a disk or a server does not answer", standalone.Lines.Last(), StringComparison.Ordinal);
        }
        finally
        {
            fileSystem.Kill();
            await fileSystem.WaitForExitAsync(CancellationToken.None);
            Photos.Run("umount -l ../mounted || true");
        }
    }

    // As the kernel writes them; those of this process alone.
    private static List<string> ListeningAddresses(ServiceProcess process)
    {
        const string Listening = "0A";
        var sockets = process.OpenFiles().Where(target => target.StartsWith("socket:[", StringComparison.Ordinal))
            .Select(target => target[8..^1]).ToHashSet();
        return [.. File.ReadLines("/proc/net/tcp").Skip(1).Concat(File.ReadLines("/proc/net/tcp6").Skip(1))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields[3] == Listening && sockets.Contains(fields[9])).Select(fields => fields[1].Split(':')[0])];
    }

    private static bool WaitsForFuse(string thread)
    {
        try
        {
            return File.ReadAllText(Path.Combine(thread, "wchan")) == "request_wait_answer";
        }
        catch (IOException)
        {
            // It has ended just now.
            return false;
        }
    }

    private async Task<Dictionary<string, CatalogPhoto>> EqualsDiskAsync(StandaloneProcess standalone)
    {
        using var api = await standalone.ApiAsync();
        var libraries = await api.GetFromJsonAsync<JsonArray>(new Uri("api/libraries", UriKind.Relative), Cancellation);
        var id = Assert.Single(libraries!)!["id"]!.GetValue<string>();
        return await EqualsDiskAsync(api, id);
    }
}
