namespace WatchPhoto.Indexer.Tests.Catalog.Convergence;

/// <summary>
/// Decides from a seed which of several indexers does its next step, and which dies instead: an interleaving that can be
/// played again. Everything happens on the thread that calls <see cref="Play"/>.
/// </summary>
internal sealed class Turns(Random random, int crashes)
{
    private readonly List<TaskCompletionSource> _waiting = [];
    private int _crashesLeft = crashes;

    public Random Random => random;

    /// <summary>Awaited before every single step.</summary>
    public Task Next()
    {
        var turn = new TaskCompletionSource();
        _waiting.Add(turn);
        return turn.Task;
    }

    public void Play(IEnumerable<Func<Task>> indexers)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null); // what comes after an await must run right here
        try
        {
            Task[] all = [.. indexers.Select(indexer => indexer())];
            while (_waiting.Count > 0)
            {
                int who = random.Next(_waiting.Count);
                var turn = _waiting[who];
                _waiting.RemoveAt(who);
                if (_crashesLeft > 0 && random.Next(20) == 0)
                {
                    _crashesLeft--;
                    turn.SetException(new Crash());
                }
                else
                {
                    turn.SetResult();
                }
            }

            foreach (var indexer in all)
            {
                if (!indexer.IsCompleted)
                    throw new InvalidOperationException("An indexer waits for something that is not its turn.");
                indexer.GetAwaiter().GetResult();
            }
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }
}

internal sealed class Crash : Exception;
