using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Mono.Unix.Native;
using WatchPhoto.EndToEnd.Tests.Harness;
using WatchPhoto.Testing;

namespace WatchPhoto.EndToEnd.Tests;

/// <summary>The directories that a person names at a start, and what is known of them from earlier ones.</summary>
public sealed class StandaloneDirectoriesTests : StandaloneTest
{
    [Theory]
    [InlineData("card")]
    [InlineData("card/DCIM")]
    [InlineData("link")]
    [InlineData("link/DCIM")]
    public async Task A_card_that_is_known_and_not_plugged_in_is_offline_while_the_others_are_watched_and_goes_on_by_itself(string named)
    {
        Photos.Run("mkdir -p ../card/DCIM; ln -s card ../link; echo photo > ../card/DCIM/a.jpg");
        var standalone = Start("--port", "0", Photos.Root, Beside(named));
        await standalone.SaysAsync("1 files in the catalog");
        Assert.Equal(0, await standalone.TerminateAsync(Signum.SIGINT));
        string id = named.EndsWith("DCIM", StringComparison.Ordinal) ? "dcim" : "card";

        Photos.Run("mv ../card ../drawer");
        Photos.AddPhoto("new.jpg");
        standalone.Start();
        await standalone.SaysAsync($"! {id} offline: The directory");
        using var api = await standalone.ApiAsync();
        await EqualsDiskAsync(api);
        Assert.Single(await CatalogPhoto.ReadAllAsync(api, id));

        Photos.Run("mv ../drawer ../card; echo photo > ../card/DCIM/b.jpg");
        await standalone.SaysAsync($"! {id} is watched again");
        await Wait.UntilAsync(
            async () => (await CatalogPhoto.ReadAllAsync(api, id)).Count == 2, "The card's new photo is not in the catalog.");
    }

    [Fact]
    public async Task A_directory_that_is_not_there_and_not_known_is_refused_and_leaves_everything_as_it_was()
    {
        await (await StartedAsync()).TerminateAsync(Signum.SIGINT);
        Directory.CreateDirectory(Beside("another"));

        await RefusesAsync(
            Start("--port", "0", Beside("another"), Photos.Root, Beside("nowhere")), $"There is no directory '{Beside("nowhere")}'.");

        using var api = await (await StartedAsync()).ApiAsync();
        Assert.Equal("photos", Assert.Single((await GetAsync(api, "libraries")).AsArray())!["id"]!.GetValue<string>());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_library_stays_as_it_was_defined_when_the_machine_has_another_name_and_other_files_are_of_interest(bool isNamed)
    {
        Photos.AddPhotos(10);
        var standalone = await StartedAsync();
        using (var api = await standalone.ApiAsync())
        {
            var present = (await GetAsync(api, "libraries/photos")).AsObject();
            var defined = new
            {
                name = "Ours", host = present["host"]!.GetValue<string>(), path = Photos.Root, exclude = new[] { "left out" },
                include = new[] { "*.jpg" },
                watch = "poll", kind = "store", backend = "local",
            };
            using var put = await api.PutAsJsonAsync(new Uri("api/libraries/photos", UriKind.Relative), defined, Cancellation);
            put.EnsureSuccessStatusCode();
        }

        var before = await SettledAsync(standalone);
        Assert.Equal(0, await standalone.TerminateAsync(Signum.SIGINT));

        standalone = StartIn(
            new() { ["Watcher__Host"] = "renamed" }, [],
            isNamed ? ["--port", "0", "--include", "*.jpg", "--include", "*.png", Photos.Root] : ["--port", "0"]);
        Photos.AddPhoto("new.jpg");
        var after = await SettledAsync(standalone);
        Assert.Equal(before.Photos["2026/000/photo 00000.jpg"].PhotoId, after.Photos["2026/000/photo 00000.jpg"].PhotoId);
        Assert.Equal("renamed", after.Library["host"]!.GetValue<string>());
        Assert.Equal(isNamed ? 2 : 1, after.Library["include"]!.AsArray().Count);
        string[] changing = ["host", "include", "highestVersion"];
        foreach (string member in changing)
        {
            before.Library.Remove(member);
            after.Library.Remove(member);
        }

        Assert.Equal("poll", after.Library["watch"]!.GetValue<string>());
        Assert.Equal(before.Library.ToJsonString(), after.Library.ToJsonString());
    }

    [Fact]
    public async Task A_directory_whose_name_is_not_UTF_8_is_watched_and_can_be_registered_over_HTTP()
    {
        Photos.Run("mkdir -p ../$'caf\\xe9'/sub; echo photo > ../$'caf\\xe9'/sub/a.jpg");
        var standalone = StartBy(Shell($"exec \"$@\" '{Beside("")}/'$'caf\\xe9'"), "--port", "0");
        using var api = await standalone.ApiAsync();
        string path = Beside("") + "//caf%E9";
        var library = Assert.Single((await GetAsync(api, "libraries")).AsArray())!;
        Assert.Equal(path, library["path"]!.GetValue<string>());
        Assert.Equal("caf%E9", library["name"]!.GetValue<string>());
        await HasAsync("sub/a.jpg");
        Photos.Run("mv ../$'caf\\xe9'/sub/a.jpg ../$'caf\\xe9'/b.jpg");
        await HasAsync("b.jpg");

        var definition = new { id = "caf-e9", name = "Café", host = library["host"]!.GetValue<string>(), path };
        Assert.Equal(HttpStatusCode.Conflict, await PostAsync(definition with { id = "other" }));
        Assert.Equal(HttpStatusCode.Conflict, await PostAsync(definition with { id = "other", path = path + "/sub" }));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(definition with { id = "other", path = Beside("") + "//plain" }));
        (await api.DeleteAsync(new Uri("api/libraries/caf-e9", UriKind.Relative), Cancellation)).EnsureSuccessStatusCode();
        Assert.Equal(HttpStatusCode.Created, await PostAsync(definition with { id = "again" }));
        await HasAsync("b.jpg", "again");

        Task HasAsync(string photo, string id = "caf-e9") => Wait.UntilAsync(
            async () => (await CatalogPhoto.ReadAllAsync(api, id)) is [var only] && only.Path == photo,
            $"The catalog does not have '{photo}'.");

        async Task<HttpStatusCode> PostAsync(object registered)
        {
            using var answer = await api.PostAsJsonAsync(new Uri("api/libraries", UriKind.Relative), registered, Cancellation);
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task A_directory_is_watched_from_inside_of_it_by_whatever_name()
    {
        Photos.Run("mkdir ../$'caf\\xe9'; echo photo > ../$'caf\\xe9'/a.jpg");
        await StartBy(Shell($"cd '{Beside("")}/'$'caf\\xe9'; exec \"$@\""), "--port", "0", ".").SaysAsync("1 files in the catalog");
    }

    [Fact]
    public async Task A_directory_named_by_a_blank_is_watched()
    {
        Photos.Run("mkdir '../ '; echo photo > '../ /a.jpg'");
        await Start("--port", "0", Beside(" ")).SaysAsync("1 files in the catalog");
    }

    private async Task<StandaloneProcess> StartedAsync()
    {
        var standalone = Start("--port", "0", Photos.Root);
        await standalone.SaysAsync("files in the catalog");
        return standalone;
    }

    private async Task<(JsonObject Library, Dictionary<string, CatalogPhoto> Photos)> SettledAsync(StandaloneProcess standalone)
    {
        using var api = await standalone.ApiAsync();
        return ((await GetAsync(api, "libraries/photos")).AsObject(), await EqualsDiskAsync(api));
    }
}
