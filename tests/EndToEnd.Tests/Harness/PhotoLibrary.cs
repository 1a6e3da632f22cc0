using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using WatchPhoto.Contracts;
using WatchPhoto.Testing;

namespace WatchPhoto.EndToEnd.Tests.Harness;

/// <summary>A registered directory, and what the catalog says of it.</summary>
internal sealed class PhotoLibrary(Installation installation, string id, string host, Disk disk)
{
    public string Id => id;

    public string Host => host;

    public Disk Disk => disk;

    public WatcherProcess Watcher => installation.WatcherOf(host);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>photos.ndjson, in its order.</summary>
    public async Task<List<CatalogPhoto>> PhotosAsync() => await CatalogPhoto.ReadAllAsync(await installation.ApiAsync(), id);

    /// <summary>Waits until the catalog is what the disk is, to the byte and the nanosecond.</summary>
    /// <returns>The photos by path.</returns>
    public Task<Dictionary<string, CatalogPhoto>> EqualsDiskAsync(TimeSpan? deadline = null) =>
        Catalog.EqualsDiskAsync(PhotosAsync, disk, problem => installation.UntilAsync(problem, deadline));

    /// <summary>Waits until WatchPhoto itself says that the catalog is what the watcher knows, as of now or later.</summary>
    public async Task IsVerifiedAsync()
    {
        var now = DateTimeOffset.UtcNow;
        await installation.UntilAsync(async () =>
        {
            using var answer = await (await installation.ApiAsync()).GetAsync(
                new Uri($"api/libraries/{id}/verification", UriKind.Relative), Cancellation);
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
                return await answer.Content.ReadAsStringAsync(Cancellation);
            answer.EnsureSuccessStatusCode();
            var verification = await answer.Content.ReadFromJsonAsync<JsonNode>(Cancellation);
            return verification!["verifiedAt"]?.GetValue<DateTimeOffset>() > now
                ? null
                : $"{id} is not verified: {verification.ToJsonString()}";
        });
    }

    /// <summary>What is registered.</summary>
    public async Task<Library> DefinitionAsync() =>
        (await (await installation.ApiAsync()).GetFromJsonAsync<Library>(new Uri($"api/libraries/{id}", UriKind.Relative), Cancellation))!;

    /// <summary>Its disk is another host's from now on.</summary>
    public async Task<PhotoLibrary> MoveToAsync(string newHost, Disk newDisk)
    {
        using var replaced = await (await installation.ApiAsync()).PutAsJsonAsync(
            new Uri($"api/libraries/{id}", UriKind.Relative), new { name = id, host = newHost, path = newDisk.Root }, Cancellation);
        Assert.Equal(HttpStatusCode.OK, replaced.StatusCode);
        return new PhotoLibrary(installation, id, newHost, newDisk);
    }

    /// <summary>How the library is, in the words of its watcher's last report; null: it says nothing of it.</summary>
    public async Task<string?> StateAsync() => (await ReportAsync())?["state"]!.GetValue<string>();

    /// <summary>What its watcher has last reported of it; null: nothing.</summary>
    public async Task<JsonNode?> ReportAsync()
    {
        var watchers = await (await installation.ApiAsync()).GetFromJsonAsync<JsonArray>(
            new Uri("api/watchers", UriKind.Relative), Cancellation);
        return watchers!.SelectMany(watcher => watcher!["libraries"]!.AsArray())
            .FirstOrDefault(report => report!["libraryId"]!.GetValue<string>() == id);
    }

    public async Task DeleteAsync()
    {
        using var deleted = await (await installation.ApiAsync()).DeleteAsync(
            new Uri($"api/libraries/{id}", UriKind.Relative), Cancellation);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
    }

    public async Task RestoreAsync()
    {
        using var restored = await (await installation.ApiAsync()).PostAsync(
            new Uri($"api/libraries/{id}/restore", UriKind.Relative), null, Cancellation);
        Assert.Equal(HttpStatusCode.OK, restored.StatusCode);
    }
}
