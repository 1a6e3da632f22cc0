namespace WatchPhoto.Indexer.Registry;

/// <summary>Tells of changes to the registry made through this process; those of others are seen when it is read again.</summary>
public sealed class RegistryChanges
{
    private TaskCompletionSource _next = New();

    /// <summary>Completes at the next change. Take it before reading the registry, so that none falls in between.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    public void Raise() => Interlocked.Exchange(ref _next, New()).SetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
