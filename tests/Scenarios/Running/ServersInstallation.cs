using WatchPhoto.Testing;

namespace WatchPhoto.Scenarios.Tests.Running;

/// <summary>Watcher and indexer as processes of their own, with RabbitMQ and MongoDB between and behind them.</summary>
internal sealed class ServersInstallation : Installation
{
    private readonly RunningServers _servers;
    private Place? _place;
    private ServiceProcess? _watcher;
    private IndexerProcess? _indexer;

    public ServersInstallation(RunAs runAs, RunningServers servers)
        : base(runAs) => _servers = servers;

    /// <summary>Another host's, where others may be.</summary>
    public ServersInstallation(RunAs runAs, Place place, string host)
        : base(runAs, host) => (_servers, _place) = (place.Servers, place);

    public override string StateDirectory => Path.Combine(Directory, "state");

    public override ServiceProcess Watcher => _watcher!;

    /// <summary>The one whose API is asked.</summary>
    public ServiceProcess Indexer => _indexer!;

    protected override IEnumerable<ServiceProcess> Processes => _watcher is null ? [] : [_watcher, _indexer!];

    public override Task<HttpClient> ApiAsync() => _indexer?.ApiAsync(Patience) ?? throw new HttpRequestException("It is not running.");

    public void StartIndexer() => _indexer!.Start();

    public Task IsReadyAsync() => UntilAsync(() => _indexer!.NotReadyAsync(Patience));

    protected override async Task StartProcessesAsync()
    {
        if (_watcher is null)
        {
            _place ??= await Place.CreateAsync(_servers);
            foreach (var (name, value) in _place.Environment)
                Settings[name] = value;
            Settings["Watcher__StateDirectory"] = StateDirectory;
            _watcher = new ServiceProcess("Watcher", $"watcher of {Host}", Directory, Settings) { By = By };
            _indexer = new IndexerProcess($"indexer beside {Host}", Directory, new Dictionary<string, string>(Settings)
            {
                // So that a watcher that lost its state waits less for its former self.
                ["Indexer__OwnerSilence"] = "00:00:02",
            })
            {
                ApiTimeout = ApiTimeout,
            };
            StartIndexer();
            await IsReadyAsync();
        }

        _watcher.Start();
    }
}
