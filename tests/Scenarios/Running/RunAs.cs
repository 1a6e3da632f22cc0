using WatchPhoto.Testing;

namespace WatchPhoto.Scenarios.Tests.Running;

/// <summary>How a watcher is run that is not run as usual.</summary>
internal sealed record RunAs
{
    /// <summary>Settings by the names of their variables.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Not as root.</summary>
    public bool AsNobody { get; init; }

    /// <summary>How many watches the kernel gives it.</summary>
    public int? MostWatches { get; init; }

    /// <summary>How many events the kernel keeps for it.</summary>
    public int? MostEvents { get; init; }

    /// <summary>How long what is waited for may take.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(10);

    public bool NeedsRoot => AsNobody || MostWatches is not null || MostEvents is not null;

    /// <summary>Skips the test where it cannot be run so.</summary>
    public void CheckRights()
    {
        if (NeedsRoot)
            Needs.Root("it lowers a limit of the kernel");
    }
}
