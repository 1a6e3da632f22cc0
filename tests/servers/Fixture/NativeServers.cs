using System.Diagnostics;
using System.Globalization;

namespace WatchPhoto.Testing;

/// <summary>An instance of tests/servers/up.sh. What can be done to it, the scripts do.</summary>
internal sealed class NativeServers : RunningServers
{
    private readonly string _instance;
    private readonly bool _isOurs;

    private NativeServers(string instance, bool isOurs, string rabbitMq, string mongoDb, Uri management)
        : base(new NativeServer("rabbitmq", instance, rabbitMq), new NativeServer("mongodb", instance, mongoDb), management)
    {
        _instance = instance;
        _isOurs = isOurs;
    }

    /// <summary>Set by whoever ran up.sh for several test assemblies, beside the connection strings.</summary>
    public static string? GivenInstance =>
        Environment.GetEnvironmentVariable("WATCHPHOTO_SERVERS_INSTANCE") is { Length: > 0 } name ? name : null;

    public override bool CanFault => true;

    private protected override Task SetDiskAlarmAsync(bool isRaised, CancellationToken cancellation) =>
        FaultAsync(isRaised ? "fill" : "clear", "rabbitmq", _instance, cancellation);

    private protected override bool AreThrownAway => _isOurs;

    public static NativeServers Attach(string instance) => new(
        instance,
        isOurs: false,
        GivenServers.RabbitMqString!,
        GivenServers.MongoDbString!,
        GivenServers.ManagementUrlOf(GivenServers.RabbitMqString!));

    public static async Task<NativeServers> StartAsync(string instance, CancellationToken cancellation)
    {
        var owner = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        var output = await RunAsync("up.sh", ["--instance", instance, "--owner", owner], cancellation);
        var values = output
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split('=', 2))
            .ToDictionary(pair => pair[0], pair => pair[1]);
        return new NativeServers(
            instance,
            isOurs: true,
            values["ConnectionStrings__RabbitMq"],
            values["ConnectionStrings__MongoDb"],
            new Uri(values["RabbitMq__Management"]));
    }

    public override string ToString() => $"native, instance {_instance}, {base.ToString()}";

    private protected override async ValueTask EndAsync()
    {
        if (_isOurs) await RunAsync("down.sh", ["--instance", _instance], CancellationToken.None);
    }

    private static Task<string> FaultAsync(string verb, string server, string instance, CancellationToken cancellation) =>
        RunAsync("fault.sh", [verb, server, "--instance", instance], cancellation);

    private static async Task<string> RunAsync(string script, string[] arguments, CancellationToken cancellation)
    {
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(ScriptDirectory(), script), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        // Read to the end even when cancelled: a half-started server is worse than a late one.
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None);
        cancellation.ThrowIfCancellationRequested();
        return process.ExitCode == 0
            ? await output
            : throw new InvalidOperationException((await errors).Trim());
    }

    private static string ScriptDirectory()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            var scripts = Path.Combine(directory.FullName, "tests", "servers");
            if (File.Exists(Path.Combine(scripts, "up.sh"))) return scripts;
        }

        throw new InvalidOperationException($"There is no tests/servers/up.sh above {AppContext.BaseDirectory}.");
    }

    private sealed class NativeServer(string name, string instance, string connectionString) : Server(connectionString)
    {
        private protected override Task BeKilledAsync(CancellationToken cancellation) => DoAsync("kill", cancellation);

        private protected override Task BeStoppedAsync(CancellationToken cancellation) => DoAsync("stop", cancellation);

        private protected override Task BeContinuedAsync(CancellationToken cancellation) => DoAsync("continue", cancellation);

        private protected override Task BeStartedAsync(CancellationToken cancellation) => DoAsync("start", cancellation);

        private Task<string> DoAsync(string verb, CancellationToken cancellation) =>
            FaultAsync(verb, name, instance, cancellation);
    }
}
