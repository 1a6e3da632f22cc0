namespace WatchPhoto.Testing;

/// <summary>Servers that somebody else runs and named in the environment. They are not ours to kill.</summary>
internal sealed class GivenServers() : RunningServers(
    new GivenServer(RabbitMqString!), new GivenServer(MongoDbString!), ManagementUrlOf(RabbitMqString!))
{
    public static string? RabbitMqString => Read("ConnectionStrings__RabbitMq");

    public static string? MongoDbString => Read("ConnectionStrings__MongoDb");

    public static bool AreGiven => (RabbitMqString, MongoDbString) switch
    {
        (null, null) => false,
        (not null, not null) => true,
        _ => throw new InvalidOperationException(
            "Set both ConnectionStrings__RabbitMq and ConnectionStrings__MongoDb, or neither."),
    };

    public override bool CanFault => false;

    private protected override Task SetDiskAlarmAsync(bool isRaised, CancellationToken cancellation) => throw NotOurs();

    private protected override bool AreThrownAway => false;

    public override string ToString() => $"given by the environment, {base.ToString()}";

    /// <summary>RabbitMq__Management, or the usual port on the broker's host.</summary>
    public static Uri ManagementUrlOf(string rabbitMq)
    {
        if (Read("RabbitMq__Management") is { } given) return new Uri(given);

        var broker = new Uri(rabbitMq);
        var user = broker.UserInfo.Length > 0 ? broker.UserInfo : "guest:guest";
        return new Uri($"http://{user}@{broker.Host}:15672");
    }

    private static NotSupportedException NotOurs() =>
        new("The servers are given by the environment; skip the test unless RunningServers.CanFault.");

    private static string? Read(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private sealed class GivenServer(string connectionString) : Server(connectionString)
    {
        private protected override Task BeKilledAsync(CancellationToken cancellation) => throw NotOurs();

        private protected override Task BeStoppedAsync(CancellationToken cancellation) => throw NotOurs();

        private protected override Task BeContinuedAsync(CancellationToken cancellation) => throw NotOurs();

        private protected override Task BeStartedAsync(CancellationToken cancellation) => throw NotOurs();
    }
}
