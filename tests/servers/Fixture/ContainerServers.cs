using System.Net;
using System.Net.Sockets;
using Docker.DotNet;
using Docker.DotNet.Models;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Containers;
using MongoDB.Bson;
using MongoDB.Driver;
using Testcontainers.MongoDb;
using Testcontainers.RabbitMq;

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
    private const int ManagementPort = 15672;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);

    private readonly IContainer _rabbitMq;
    private readonly IContainer _mongoDb;
    private readonly DockerClient _engine;

    private ContainerServers(IContainer rabbitMq, IContainer mongoDb, DockerClient engine)
        : base(
            new ContainerServer(rabbitMq, engine, AmqpOf(rabbitMq), RabbitMqAnswersAsync),
            new ContainerServer(mongoDb, engine, MongoOf(mongoDb), MongoDbAnswersAsync),
            ManagementOf(rabbitMq))
    {
        _rabbitMq = rabbitMq;
        _mongoDb = mongoDb;
        _engine = engine;
    }

    public override bool CanFault => true;

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
        var rabbitMq = new RabbitMqBuilder(RabbitMqImage)
            .WithUsername("guest")
            .WithPassword("guest")
            .WithPortBinding(FreePort(), RabbitMqBuilder.RabbitMqPort)
            .WithPortBinding(FreePort(), ManagementPort)
            // A fixed name, because the broker's data belong to the name of its host.
            .WithHostname("rabbitmq")
            .WithResourceMapping(
                "[rabbitmq_management,rabbitmq_shovel,rabbitmq_shovel_management]."u8.ToArray(), "/etc/rabbitmq/enabled_plugins")
            .WithWaitStrategy(Until(RabbitMqAnswersAsync))
            .Build();
        // Anybody may do anything, as in MongoDB's image by itself; the builder would ask for a name and a password.
        var mongoDb = new MongoDbBuilder(MongoDbImage)
            .WithUsername("")
            .WithPassword("")
            .WithPortBinding(FreePort(), MongoDbBuilder.MongoDbPort)
            .WithWaitStrategy(Until(MongoDbAnswersAsync))
            .Build();
        var engine = TestcontainersSettings.OS.DockerEndpointAuthConfig.GetDockerClientBuilder(Guid.Empty).Build();
        try
        {
            await Task.WhenAll(rabbitMq.StartAsync(cancellation), mongoDb.StartAsync(cancellation));
            return new ContainerServers(rabbitMq, mongoDb, engine);
        }
        catch
        {
            await rabbitMq.DisposeAsync();
            await mongoDb.DisposeAsync();
            engine.Dispose();
            throw;
        }
    }

    public override string ToString() => $"containers {RabbitMqImage} and {MongoDbImage}, {base.ToString()}";

    private protected override async ValueTask EndAsync()
    {
        await ((ContainerServer)RabbitMq).ThawAsync();
        await ((ContainerServer)MongoDb).ThawAsync();
        await _rabbitMq.DisposeAsync();
        await _mongoDb.DisposeAsync();
        _engine.Dispose();
    }

    private protected override async Task SetDiskAlarmAsync(bool isRaised, CancellationToken cancellation)
    {
        var done = await _rabbitMq.ExecAsync(["rabbitmqctl", "set_disk_free_limit", isRaised ? "1000000GB" : "50MB"], cancellation);
        if (done.ExitCode != 0) throw new InvalidOperationException(done.Stderr);
    }

    private static string AmqpOf(IContainer rabbitMq) =>
        $"amqp://guest:guest@{rabbitMq.Hostname}:{rabbitMq.GetMappedPublicPort(RabbitMqBuilder.RabbitMqPort)}/";

    private static Uri ManagementOf(IContainer rabbitMq) =>
        new($"http://guest:guest@{rabbitMq.Hostname}:{rabbitMq.GetMappedPublicPort(ManagementPort)}");

    private static string MongoOf(IContainer mongoDb) =>
        $"mongodb://{mongoDb.Hostname}:{mongoDb.GetMappedPublicPort(MongoDbBuilder.MongoDbPort)}/";

    /// <summary>Added to what RabbitMQ's builder waits for, and in place of what MongoDB's does.</summary>
    private static IWaitForContainerOS Until(Func<IContainer, CancellationToken, Task<bool>> answers) =>
        Wait.ForUnixContainer().AddCustomWaitStrategy(
            new Answer(answers), wait => wait.WithTimeout(s_patience).WithInterval(s_interval));

    private static async Task<bool> RabbitMqAnswersAsync(IContainer rabbitMq, CancellationToken cancellation)
    {
        using var client = CreateManagementClient(ManagementOf(rabbitMq));
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

    private static async Task<bool> MongoDbAnswersAsync(IContainer mongoDb, CancellationToken cancellation)
    {
        var settings = MongoClientSettings.FromConnectionString(MongoOf(mongoDb));
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

    private sealed class Answer(Func<IContainer, CancellationToken, Task<bool>> answers) : IWaitUntil
    {
        public Task<bool> UntilAsync(IContainer container) => answers(container, CancellationToken.None);
    }

    private sealed class ContainerServer(
        IContainer container,
        DockerClient engine,
        string connectionString,
        Func<IContainer, CancellationToken, Task<bool>> answers)
        : Server(connectionString)
    {
        /// <summary>An engine neither kills nor removes what it has paused.</summary>
        public async Task ThawAsync()
        {
            if (IsStopped) await ContinueAsync();
        }

        private protected override async Task BeKilledAsync(CancellationToken cancellation)
        {
            await ThawAsync();
            await engine.Containers.KillContainerAsync(container.Id, new ContainerKillParameters(), cancellation);
        }

        private protected override Task BeStoppedAsync(CancellationToken cancellation) =>
            engine.Containers.PauseContainerAsync(container.Id, cancellation);

        private protected override async Task BeContinuedAsync(CancellationToken cancellation)
        {
            var found = await engine.Containers.InspectContainerAsync(container.Id, cancellation);
            if (found.State is { Paused: true }) await engine.Containers.UnpauseContainerAsync(container.Id, cancellation);
        }

        private protected override async Task BeStartedAsync(CancellationToken cancellation)
        {
            await engine.Containers.StartContainerAsync(container.Id, new ContainerStartParameters(), cancellation);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            patience.CancelAfter(s_patience);
            while (!await answers(container, patience.Token)) await Task.Delay(s_interval, patience.Token);
        }
    }
}
