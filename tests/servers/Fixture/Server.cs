namespace WatchPhoto.Testing;

/// <summary>One server, and what the world does to servers. It keeps its ports and its data through all of it.</summary>
public abstract class Server(string connectionString)
{
    public string ConnectionString { get; } = connectionString;

    /// <summary>SIGKILL, to the whole of it.</summary>
    public abstract Task KillAsync(CancellationToken cancellation = default);

    /// <summary>SIGSTOP: its ports accept connections, and nobody answers.</summary>
    public abstract Task StopAsync(CancellationToken cancellation = default);

    /// <summary>SIGCONT.</summary>
    public abstract Task ContinueAsync(CancellationToken cancellation = default);

    /// <summary>Starts it after <see cref="KillAsync"/>, and returns when it answers.</summary>
    public abstract Task StartAsync(CancellationToken cancellation = default);

    public async Task RestartAsync(CancellationToken cancellation = default)
    {
        await KillAsync(cancellation);
        await StartAsync(cancellation);
    }
}
