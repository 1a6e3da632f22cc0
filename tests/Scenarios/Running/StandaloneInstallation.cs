using WatchPhoto.Testing;

namespace WatchPhoto.Scenarios.Tests.Running;

/// <summary>One process: the bus in memory, the catalog in SQLite.</summary>
internal sealed class StandaloneInstallation : Installation
{
    private readonly ServiceProcess _process;
    private HttpClient? _api;

    public StandaloneInstallation(RunAs runAs)
        : base(runAs)
    {
        // A person names a directory; the scenarios' are registered over HTTP.
        var first = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "first")).FullName;
        string data = Path.Combine(Directory, "data");
        _process = new ServiceProcess("Standalone", "standalone", Directory, Settings, first, "--port", "0", "--data", data) { By = By };
    }

    public override string? OwnLibrary => Path.Combine(Directory, "first");

    public override string StateDirectory => Path.Combine(Directory, "data", "watcher");

    public override ServiceProcess Watcher => _process;

    protected override IEnumerable<ServiceProcess> Processes => [_process];

    public override async Task<HttpClient> ApiAsync() => _api ?? throw new HttpRequestException("It is not running.");

    protected override async Task StartProcessesAsync()
    {
        _api = null;
        _process.Start();
        _api = new HttpClient { BaseAddress = await _process.AddressAsync(Patience), Timeout = ApiTimeout };
    }
}
