using System.Net;
using System.Net.Sockets;
using Docker.DotNet;
using Docker.DotNet.Models;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Containers;
using MongoDB.Bson;
using MongoDB.Driver;

namespace WatchPhoto.Testing;

/// <summary>The real servers, in containers.</summary>
/// <remarks>
/// Ready means that a client gets an answer through the published port, not that a log says so or that a shell is in
/// the image. The ports on the host are chosen here, because an engine would choose new ones at each start.
/// </remarks>
internal sealed class ContainerServers : RunningServers
{
    private const string RabbitMqImage = "rabbitmq:4-management";
    private const string MongoDbImage = "mongo:8";

    private readonly IContainer _rabbitMq;
    private readonly IContainer _mongoDb;
    private readonly DockerClient _engine;

    private ContainerServers(
        IContainer rabbitMq, IContainer mongoDb, DockerClient engine, string amqp, string mongo, Uri management)
        : base(
            new ContainerServer(rabbitMq, engine, amqp, token => RabbitMqAnswersAsync(management, token)),
            new ContainerServer(mongoDb, engine, mongo, token => MongoDbAnswersAsync(mongo, token)),
            management)
    {
        _rabbitMq = rabbitMq;
        _mongoDb = mongoDb;
        _engine = engine;
    }

    public override bool CanFault => true;

    public override Task RaiseDiskAlarmAsync(CancellationToken cancellation = default) => LimitDiskAsync("1000000GB", cancellation);

    public override Task ClearDiskAlarmAsync(CancellationToken cancellation = default) => LimitDiskAsync("50MB", cancellation);

    public static async Task<bool> EngineAnswersAsync()
    {
        if (TestcontainersSettings.OS.DockerEndpointAuthConfig is not { } endpoint) return false;

        using var engine = endpoint.GetDockerClientBuilder(Guid.Empty).Build();
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            await engine.System.PingAsync(timeout.Token);
            return true;
        }
        catch (Exception silence) when (silence is HttpRequestException or SocketException or IOException
            or DockerApiException or TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }

    public static async Task<ContainerServers> StartAsync(CancellationToken cancellation)
    {
        var (amqp, management, mongo) = (FreePort(), FreePort(), FreePort());
        var rabbitMq = new ContainerBuilder(RabbitMqImage)
            .WithPortBinding(amqp, 5672)
            .WithPortBinding(management, 15672)
            // A fixed name, because the broker's data belong to the name of its host.
            .WithHostname("rabbitmq")
            .WithResourceMapping(
                "[rabbitmq_management,rabbitmq_shovel,rabbitmq_shovel_management]."u8.ToArray(), "/etc/rabbitmq/enabled_plugins")
            .Build();
        var mongoDb = new ContainerBuilder(MongoDbImage).WithPortBinding(mongo, 27017).Build();
        var engine = TestcontainersSettings.OS.DockerEndpointAuthConfig.GetDockerClientBuilder(Guid.Empty).Build();
        await Task.WhenAll(rabbitMq.StartAsync(cancellation), mongoDb.StartAsync(cancellation));

        var host = rabbitMq.Hostname;
        var servers = new ContainerServers(
            rabbitMq,
            mongoDb,
            engine,
            $"amqp://guest:guest@{host}:{amqp}/",
            $"mongodb://{host}:{mongo}/",
            new Uri($"http://guest:guest@{host}:{management}"));
        try
        {
            await Task.WhenAll(((ContainerServer)servers.RabbitMq).AnswersAsync(cancellation),
                ((ContainerServer)servers.MongoDb).AnswersAsync(cancellation));
            return servers;
        }
        catch
        {
            await servers.DisposeAsync();
            throw;
        }
    }

    public override string ToString() => $"containers {RabbitMqImage} and {MongoDbImage}, {base.ToString()}";

    private protected override async ValueTask EndAsync()
    {
        await _rabbitMq.DisposeAsync();
        await _mongoDb.DisposeAsync();
        _engine.Dispose();
    }

    private async Task LimitDiskAsync(string free, CancellationToken cancellation)
    {
        var done = await _rabbitMq.ExecAsync(["rabbitmqctl", "set_disk_free_limit", free], cancellation);
        if (done.ExitCode != 0) throw new InvalidOperationException(done.Stderr);
    }

    private static async Task<bool> RabbitMqAnswersAsync(Uri management, CancellationToken cancellation)
    {
        using var client = CreateManagementClient(management);
        try
        {
            using var health = await client.GetAsync(
                new Uri("api/health/checks/port-listener/5672", UriKind.Relative), cancellation);
            return health.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task<bool> MongoDbAnswersAsync(string connectionString, CancellationToken cancellation)
    {
        var settings = MongoClientSettings.FromConnectionString(connectionString);
        settings.ServerSelectionTimeout = TimeSpan.FromSeconds(1);
        using var client = new MongoClient(settings);
        try
        {
            await client.GetDatabase("admin").RunCommandAsync<BsonDocument>(
                new BsonDocument("ping", 1), cancellationToken: cancellation);
            return true;
        }
        catch (Exception notYet) when (notYet is TimeoutException or MongoException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Any, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private sealed class ContainerServer(
        IContainer container, DockerClient engine, string connectionString, Func<CancellationToken, Task<bool>> answers)
        : Server(connectionString)
    {
        private bool _isStopped;

        public override async Task KillAsync(CancellationToken cancellation = default)
        {
            // An engine refuses to kill what it has paused.
            if (_isStopped) await ContinueAsync(cancellation);
            await engine.Containers.KillContainerAsync(container.Id, new ContainerKillParameters(), cancellation);
        }

        public override async Task StopAsync(CancellationToken cancellation = default)
        {
            await engine.Containers.PauseContainerAsync(container.Id, cancellation);
            _isStopped = true;
        }

        public override async Task ContinueAsync(CancellationToken cancellation = default)
        {
            await engine.Containers.UnpauseContainerAsync(container.Id, cancellation);
            _isStopped = false;
        }

        public override async Task StartAsync(CancellationToken cancellation = default)
        {
            await engine.Containers.StartContainerAsync(container.Id, new ContainerStartParameters(), cancellation);
            await AnswersAsync(cancellation);
        }

        public async Task AnswersAsync(CancellationToken cancellation)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            patience.CancelAfter(TimeSpan.FromMinutes(2));
            while (!await answers(patience.Token)) await Task.Delay(100, patience.Token);
        }
    }
}
