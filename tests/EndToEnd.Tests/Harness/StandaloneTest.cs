using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using WatchPhoto.Testing;

namespace WatchPhoto.EndToEnd.Tests.Harness;

/// <summary>A directory of photos, and the program that is started on it.</summary>
public abstract class StandaloneTest : IDisposable
{
    private readonly List<StandaloneProcess> _processes = [];

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private protected Disk Photos { get; } = new();

    protected string Data { get; } = Directory.CreateTempSubdirectory("watchphoto-data-").FullName;

    public void Dispose()
    {
        foreach (var process in _processes)
            process.Dispose();
        Photos.Dispose();
        Directory.Delete(Data, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Beside the library's root.</summary>
    protected string Beside(string name) => Path.Combine(Path.GetDirectoryName(Photos.Root)!, name);

    private protected StandaloneProcess Start(params string[] arguments) => StartBy([], arguments);

    /// <param name="by">A command that becomes the program at its end.</param>
    private protected StandaloneProcess StartBy(string[] by, params string[] arguments) => StartIn([], by, arguments);

    private protected StandaloneProcess StartIn(Dictionary<string, string> environment, string[] by, params string[] arguments)
    {
        var standalone = new StandaloneProcess(Data, arguments) { By = by };
        foreach (var (name, value) in environment)
            standalone.Set(name, value);
        _processes.Add(standalone);
        standalone.Start();
        return standalone;
    }

    /// <summary>What of a shell becomes the program with its arguments, which are <c>"$@"</c>.</summary>
    private protected static string[] Shell(string script) => ["bash", "-euc", script, "shell"];

    private protected static async Task RefusesAsync(StandaloneProcess standalone, string sentence)
    {
        Assert.Equal(1, await standalone.ExitAsync());
        Assert.Contains(sentence, Assert.Single(standalone.Lines), StringComparison.Ordinal);
    }

    /// <summary>The catalog's only library, once it is as the disk is.</summary>
    private protected Task<Dictionary<string, CatalogPhoto>> EqualsDiskAsync(
        HttpClient api, string library = "photos", Disk? disk = null) =>
        Catalog.EqualsDiskAsync(() => CatalogPhoto.ReadAllAsync(api, library), disk ?? Photos, problem => Wait.UntilAsync(problem));

    private protected static async Task<JsonNode> GetAsync(HttpClient api, string path) =>
        (await api.GetFromJsonAsync<JsonNode>(new Uri("api/" + path, UriKind.Relative), Cancellation))!;

    /// <summary>An API whose program tells nobody where it is.</summary>
    private protected static async Task<HttpClient> AnsweringAsync(int port)
    {
        var api = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        await Wait.UntilAsync(
            async () =>
            {
                try
                {
                    return (await api.GetAsync(new Uri("health/ready", UriKind.Relative), Cancellation)).IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            "The API does not answer.");
        return api;
    }

    private protected static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
