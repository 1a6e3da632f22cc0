using System.ComponentModel;

namespace WatchPhoto.Indexer.Replaying;

/// <summary>How far a replay is.</summary>
public sealed record ReplayProgress
{
    public required ReplayState State { get; init; }

    [Description("How much of the stretch has been read, from 0 to 1.")]
    public required double Place { get; init; }

    [Description("Messages applied to the catalog, whether they changed anything or not.")]
    public required long Messages { get; init; }

    [Description("Events in them.")]
    public required long Events { get; init; }

    [Description("Messages of removed libraries, and of former owners.")]
    public required long Dropped { get; init; }

    [Description("Messages that cannot be applied.")]
    public required long Refused { get; init; }

    [Description("Why, or why the replay failed.")]
    public string? Problem { get; init; }
}
