using System.Globalization;

namespace WatchPhoto.Testing;

public enum ServerChoice
{
    /// <summary>ConnectionStrings__RabbitMq and ConnectionStrings__MongoDb name servers that run.</summary>
    Environment,

    /// <summary>A container engine answers: the real rabbitmq:4-management and mongo:8.</summary>
    Containers,

    /// <summary>tests/servers/up.sh: RabbitMQ, and DocumentDB behind the gateway.</summary>
    Native,
}

/// <summary>The RabbitMQ and MongoDB of a test assembly, started when a test first asks for them.</summary>
/// <remarks>
/// An assembly fixture: <c>[assembly: AssemblyFixture(typeof(TestServers))]</c>, and a constructor parameter in the test
/// class. Tests share the servers and keep apart by a database and a virtual host of their own; one that kills or stops
/// a server takes servers of its own: <see cref="OwnServers"/> or <see cref="StartOwnAsync"/>.
/// </remarks>
public class TestServers : IAsyncDisposable
{
    private readonly bool _own;
    private readonly SemaphoreSlim _starting = new(1);
    private RunningServers? _running;

    private static int s_instances;

    public TestServers()
        : this(own: false)
    {
    }

    private protected TestServers(bool own) => _own = own;

    /// <summary>
    /// The servers, for all who share this fixture the same; those that a class has for itself are whole again for each test.
    /// </summary>
    public async Task<RunningServers> StartAsync(CancellationToken cancellation = default)
    {
        await _starting.WaitAsync(cancellation);
        try
        {
            _running ??= await StartAsync(await ChooseAsync(), _own, cancellation);
            if (_own) await _running.MendAsync(cancellation);
            return _running;
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>
    /// Independent servers for a test that does harm to them; the test disposes of them. Where servers are given by the
    /// environment there are no others: then it is those, and <see cref="RunningServers.CanFault"/> is false.
    /// </summary>
    public static async Task<RunningServers> StartOwnAsync(CancellationToken cancellation = default) =>
        await StartAsync(await ChooseAsync(), own: true, cancellation);

    public static async Task<ServerChoice> ChooseAsync() =>
        GivenServers.AreGiven ? ServerChoice.Environment
        : await ContainerServers.EngineAnswersAsync() ? ServerChoice.Containers
        : ServerChoice.Native;

    public async ValueTask DisposeAsync()
    {
        if (_running is not null) await _running.DisposeAsync();
        _starting.Dispose();
        GC.SuppressFinalize(this);
    }

    private static async Task<RunningServers> StartAsync(ServerChoice choice, bool own, CancellationToken cancellation)
    {
        RunningServers servers = choice switch
        {
            ServerChoice.Containers => await ContainerServers.StartAsync(cancellation),
            ServerChoice.Native => await NativeServers.StartAsync(NewInstanceName(), cancellation),
            _ when NativeServers.GivenInstance is { } instance => own
                ? await NativeServers.StartAsync(NewInstanceName(), cancellation)
                : NativeServers.Attach(instance),
            _ => new GivenServers(),
        };
        Console.WriteLine($"Test servers: {servers}");
        return servers;
    }

    private static string NewInstanceName() => string.Create(
        CultureInfo.InvariantCulture, $"tests-{Environment.ProcessId}-{Interlocked.Increment(ref s_instances)}");
}

/// <summary>
/// Servers that nobody else uses, for the tests of a class that kill and stop them: <c>IClassFixture&lt;OwnServers&gt;</c>.
/// </summary>
public sealed class OwnServers() : TestServers(own: true);
