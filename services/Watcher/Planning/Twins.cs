namespace WatchPhoto.Watcher.Planning;

/// <summary>What may be meant by a weak identity: files that are the same by size and time.</summary>
internal sealed class Twins
{
    /// <summary>Where one is recorded that can be looked at; null: at too many places.</summary>
    public List<PlannedPath>? Recorded { get; init; }

    /// <summary>The one that was the last to go; null: none has.</summary>
    public GonePhoto? JustGone { get; init; }
}
