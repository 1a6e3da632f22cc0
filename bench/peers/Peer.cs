using WatchPhoto.Scenarios.Tests.Running;

namespace WatchPhoto.Peers;

/// <summary>A file in somebody's picture of a tree.</summary>
/// <param name="Identity">What stays the same when the file is moved, as far as the contender tells such a thing.</param>
internal sealed record Seen(FileSays File, string Identity);

/// <summary>One contender, asked to watch one directory.</summary>
internal abstract class Peer(string root) : IAsyncDisposable
{
    public string Root { get; } = root;

    /// <summary>Whether it had to be started again because it had ended by itself, or would not start.</summary>
    public bool WasStartedAgain { get; set; }

    /// <summary>What it complained of, each once.</summary>
    public HashSet<string> Complaints { get; } = [];

    /// <summary>The process that holds the watches; null: none.</summary>
    public abstract int? Process { get; }

    /// <summary>Comes back when it watches.</summary>
    public abstract Task StartAsync();

    public abstract void Stop();

    public abstract void Continue();

    public abstract void Kill();

    /// <summary>Its files, by the paths that they have in a catalog.</summary>
    public abstract Task<Dictionary<string, Seen>> PictureAsync();

    /// <summary>Asks it to look at everything again, if it can be asked.</summary>
    /// <returns>Whether it can.</returns>
    public virtual Task<bool> AuditAsync() => Task.FromResult(false);

    public virtual ValueTask DisposeAsync()
    {
        Kill();
        return ValueTask.CompletedTask;
    }

    protected void Complain(string complaint)
    {
        lock (Complaints)
            Complaints.Add(complaint.Length > 100 ? complaint[..100] + "..." : complaint);
    }
}
