using System.Diagnostics;
using WatchPhoto.EndToEnd.Tests.Harness;
using WatchPhoto.Testing;

namespace WatchPhoto.EndToEnd.Tests;

/// <summary>What is wrong with the machine or the files is said in one sentence with the remedy, and the remedy is one.</summary>
public sealed class StandaloneFaultsTests : StandaloneTest
{
    [Fact]
    public async Task A_catalog_in_no_directory_is_refused() =>
        await RefusesAsync(StartBy(Shell("exec \"${@:1:$#-1}\" ''"), "--port", "0", Photos.Root), "--data names no directory");

    [Theory]
    [InlineData("size=$(stat -c %s catalog.db); "
        + "dd if=/dev/urandom of=catalog.db bs=8192 seek=1 count=$((size / 8192 - 1)) conv=notrunc status=none")]
    [InlineData("dd if=/dev/urandom of=catalog.db bs=8192 count=1 conv=notrunc status=none")]
    [InlineData("sqlite3 catalog.db \"UPDATE catalog SET id = 'odd'\"")]
    [InlineData("sqlite3 catalog.db 'DELETE FROM catalog'")]
    public async Task A_damaged_catalog_is_said_and_comes_back_with_its_ids_when_it_is_removed(string damage)
    {
        Needs.Program("sqlite3");
        Photos.AddPhotos(50);
        var standalone = Start("--port", "0", Photos.Root);
        Dictionary<string, CatalogPhoto> before;
        using (var api = await standalone.ApiAsync())
            before = await EqualsDiskAsync(api);
        Assert.Equal(0, await standalone.TerminateAsync());

        Run(damage);
        standalone = Start("--port", "0", Photos.Root);
        Assert.Equal(1, await standalone.ExitAsync());
        Assert.Contains("remove that file", Assert.Single(standalone.Lines), StringComparison.Ordinal);

        Run("rm catalog.db*");
        standalone = Start("--port", "0", Photos.Root);
        using (var api = await standalone.ApiAsync())
        {
            var after = await EqualsDiskAsync(api);
            Assert.All(before, photo => Assert.Equal(photo.Value.PhotoId, after[photo.Key].PhotoId));
        }
    }

    [Theory]
    [InlineData("sqlite3 watcher/watcher.db \"UPDATE library SET definition = '{'\"")]
    [InlineData("dd if=/dev/urandom of=watcher/watcher.db bs=4096 seek=1 count=20 conv=notrunc status=none")]
    public async Task A_damaged_state_heals_by_itself(string damage)
    {
        Needs.Program("sqlite3");
        Photos.AddPhotos(50);
        var standalone = Start("--port", "0", Photos.Root);
        using (var api = await standalone.ApiAsync())
            await EqualsDiskAsync(api);
        Assert.Equal(0, await standalone.TerminateAsync());

        Run(damage);
        Photos.Run("echo photo > new.jpg");
        standalone = Start("--port", "0", Photos.Root);
        using (var api = await standalone.ApiAsync())
            await EqualsDiskAsync(api);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public async Task A_terminal_of_few_columns_shows_what_it_can(int columns)
    {
        Needs.Program("script");
        // So many that the progress is shown, too.
        string text;
        Photos.AddPhotos(3_000);
        int port = FreePort();
        using var terminal = Process.Start(new ProcessStartInfo("script", [
            "-qec",
            $"stty cols {columns}; "
                + $"exec dotnet '{typeof(Standalone.StandaloneCommand).Assembly.Location}' --port {port} --data '{Data}' '{Photos.Root}'",
            "/dev/null"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, Environment = { ["TERM"] = "xterm" },
        })!;
        try
        {
            var shown = terminal.StandardOutput.ReadToEndAsync(Cancellation);
            using (var api = await AnsweringAsync(port))
                await EqualsDiskAsync(api);
            await terminal.StandardInput.WriteAsync('\u0003');
            await terminal.StandardInput.FlushAsync(Cancellation);
            await terminal.WaitForExitAsync(Cancellation).WaitAsync(Patience.Usual, Cancellation);
            text = await shown;
        }
        finally
        {
            terminal.Kill(entireProcessTree: true);
        }

        Assert.DoesNotContain("   at WatchPhoto", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", text, StringComparison.Ordinal);
        Assert.Equal(0, terminal.ExitCode);
    }

    [Fact]
    public async Task What_a_disk_has_in_its_names_reaches_no_terminal_raw()
    {
        Photos.Run("mkdir ../$'odd\\e[31m\\nname'; echo photo > ../$'odd\\e[31m\\nname'/a.jpg");
        var standalone = StartBy(Shell($"exec \"$@\" '{Beside("")}/'$'odd\\e[31m\\nname'"), "--port", "0");
        await standalone.SaysAsync("1 files in the catalog");
        Photos.Run(
            "mv ../$'odd\\e[31m\\nname'/a.jpg ../$'odd\\e[31m\\nname'/$'b\\e]0;x\\a\\u202e.jpg'; mv ../$'odd\\e[31m\\nname' ../gone");
        await standalone.SaysAsync("offline");
        Assert.DoesNotContain(
            standalone.Lines,
            line => line.Contains('\u001b', StringComparison.Ordinal) || line.Contains('\u202e', StringComparison.Ordinal)
                || line.StartsWith("name", StringComparison.Ordinal));
        Assert.Contains(standalone.Lines, line => line.Contains("odd\\u001B[31m\\u000Aname", StringComparison.Ordinal));
    }

    private void Run(string script) => WatchPhoto.Testing.Shell.Run(script, Data);
}
