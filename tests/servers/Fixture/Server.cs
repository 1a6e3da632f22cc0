namespace WatchPhoto.Testing;

/// <summary>One server, and what the world does to servers. It keeps its ports and its data through all of it.</summary>
public abstract class Server(string connectionString)
{
    private bool _isKilled;

    public string ConnectionString { get; } = connectionString;

    /// <summary>Whether it has been stopped, or may have been, and does not continue yet.</summary>
    private protected bool IsStopped { get; private set; }

    /// <summary>SIGKILL, to the whole of it.</summary>
    public async Task KillAsync(CancellationToken cancellation = default)
    {
        _isKilled = true;
        await BeKilledAsync(cancellation);
        IsStopped = false;
    }

    /// <summary>SIGSTOP: its ports accept connections, and nobody answers.</summary>
    public Task StopAsync(CancellationToken cancellation = default)
    {
        IsStopped = true;
        return BeStoppedAsync(cancellation);
    }

    /// <summary>SIGCONT.</summary>
    public async Task ContinueAsync(CancellationToken cancellation = default)
    {
        await BeContinuedAsync(cancellation);
        IsStopped = false;
    }

    /// <summary>Starts it after <see cref="KillAsync"/>, and returns when it answers.</summary>
    public async Task StartAsync(CancellationToken cancellation = default)
    {
        await BeStartedAsync(cancellation);
        _isKilled = false;
    }

    public async Task RestartAsync(CancellationToken cancellation = default)
    {
        await KillAsync(cancellation);
        await StartAsync(cancellation);
    }

    /// <summary>Undoes what a test has left that ended in the middle; does nothing to a server that runs.</summary>
    internal async Task MendAsync(CancellationToken cancellation)
    {
        if (IsStopped) await ContinueAsync(cancellation);
        if (_isKilled) await StartAsync(cancellation);
    }

    private protected abstract Task BeKilledAsync(CancellationToken cancellation);

    private protected abstract Task BeStoppedAsync(CancellationToken cancellation);

    private protected abstract Task BeContinuedAsync(CancellationToken cancellation);

    private protected abstract Task BeStartedAsync(CancellationToken cancellation);
}
