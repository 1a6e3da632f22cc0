using System.Globalization;
using WatchPhoto.EndToEnd.Tests.Harness;
using WatchPhoto.Testing;

namespace WatchPhoto.EndToEnd.Tests;

/// <summary>Where nothing happens, the disks may sleep.</summary>
public sealed class IdleTests : StandaloneTest
{
    [Theory]
    [InlineData("auto")]
    [InlineData("poll")]
    public async Task Nothing_is_written_to_any_disk_while_nothing_happens(string watch)
    {
        Photos.AddPhotos(10);
        // Each many times while the test looks.
        var standalone = StartIn(
            new()
            {
                ["Watcher__ReportInterval"] = "00:00:00.1", ["Watcher__ProofInterval"] = "00:00:00.1",
                ["Watcher__RootCheckInterval"] = "00:00:00.1",
                ["Watcher__PollInterval"] = "00:00:00.1", ["Indexer__HousekeepingInterval"] = "00:00:00.1",
                ["Indexer__AnnouncementInterval"] = "00:00:00.1",
                ["Indexer__LibraryMemory"] = "00:00:00",
            },
            [], "--port", "0", Photos.Root);
        using var api = await standalone.ApiAsync();
        if (watch == "poll")
        {
            var library = (await GetAsync(api, "libraries/photos")).AsObject();
            var definition = new { name = "photos", host = library["host"]!.GetValue<string>(), path = Photos.Root, watch };
            using var put = await System.Net.Http.Json.HttpClientJsonExtensions.PutAsJsonAsync(
                api, new Uri("api/libraries/photos", UriKind.Relative), definition, Cancellation);
            put.EnsureSuccessStatusCode();
            await Wait.UntilAsync(async () => (await ReportAsync(api)).State == "polling", "It is not polled.");
        }

        await EqualsDiskAsync(api);
        // The last of what the start has changed is said and proven.
        await PassAsync(api, TimeSpan.FromSeconds(1));

        var before = Written(standalone.Id);
        await PassAsync(api, TimeSpan.FromSeconds(2));
        Assert.Equal(before, Written(standalone.Id));
    }

    // Until reports and proofs have been taken for as long.
    private static async Task PassAsync(HttpClient api, TimeSpan time)
    {
        var (report, verified) = (await ReportAsync(api), DateTimeOffset.MinValue);
        await Wait.UntilAsync(async () => (verified = await VerifiedAtAsync(api)) > DateTimeOffset.MinValue, "It is not verified.");
        await Wait.UntilAsync(async () => await VerifiedAtAsync(api) - verified > time, "It is not verified again.");
        await Wait.UntilAsync(async () => (await ReportAsync(api)).SentAt - report.SentAt > time, "It is not reported again.");
    }

    private static async Task<DateTimeOffset> VerifiedAtAsync(HttpClient api)
    {
        using var answer = await api.GetAsync(new Uri("api/libraries/photos/verification", UriKind.Relative), Cancellation);
        return answer.IsSuccessStatusCode
            ? System.Text.Json.Nodes.JsonNode.Parse(
                await answer.Content.ReadAsStringAsync(Cancellation))!["verifiedAt"]?.GetValue<DateTimeOffset>() ?? default
            : default;
    }

    private static async Task<(string? State, DateTimeOffset SentAt)> ReportAsync(HttpClient api)
    {
        var report = (await GetAsync(api, "watchers")).AsArray().SingleOrDefault();
        return (
            report?["libraries"]!.AsArray().SingleOrDefault()?["state"]!.GetValue<string>(),
            report?["sentAt"]!.GetValue<DateTimeOffset>() ?? default);
    }

    // Each file with its size and when it was last written, and the bytes that the process has had the kernel write.
    private string Written(int process) => string.Join('\n', [
        .. Directory.EnumerateFiles(Data, "*", SearchOption.AllDirectories).Order().Select(file =>
            string.Create(CultureInfo.InvariantCulture, $"{file} {new FileInfo(file).Length} {File.GetLastWriteTimeUtc(file):O}")),
        File.ReadLines($"/proc/{process}/io").Single(line => line.StartsWith("write_bytes", StringComparison.Ordinal)),
    ]);
}
