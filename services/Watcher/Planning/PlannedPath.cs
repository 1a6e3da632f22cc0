using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Reconcile;
using WatchPhoto.Watcher.State;

namespace WatchPhoto.Watcher.Planning;

/// <summary>A path that a plan is about: what is recorded there, and what is there. Only who gathers the graph sets anything.</summary>
internal sealed class PlannedPath
{
    public required EntryKey Key { get; init; }

    public required ObservedDirectory Directory { get; init; }

    public required Observation From { get; init; }

    public required Entry? Recorded { get; init; }

    /// <summary>Null: no file of interest is there, or it was one of another spelling.</summary>
    public required FileFacts? OnDisk { get; set; }

    /// <summary>Its place in the graph.</summary>
    public int Index { get; set; }

    public bool MayBeUnfinished { get; set; }

    /// <summary>It was looked at for another that is the same by all that lasts.</summary>
    public bool IsTwin { get; set; }

    /// <summary>Which photo it is, by the hints of renames between which it was not found.</summary>
    public LostPhoto? Lost { get; set; }

    /// <summary>Where the file that is here is recorded, by the hints of a rename.</summary>
    public PlannedPath? HintedSource { get; set; }

    /// <summary>Where the file that is recorded here is, by the same.</summary>
    public PlannedPath? HintedTarget { get; set; }

    /// <summary>The photo id that is remembered of the file that is here, by its identity; of a weak one, with its former name.</summary>
    public Guid? Remembered { get; set; }

    /// <summary>The name it had, if the hints of a rename tell another.</summary>
    public byte[] FormerName => (Lost?.From ?? From.CameFrom)?.Name ?? Key.Name;

    /// <summary>
    /// Whether another file is here than the one recorded: by hints alone, where one that is the same by all that lasts has taken
    /// its place.
    /// </summary>
    public bool IsNewcomer =>
        OnDisk is { } file && (Recorded?.Identity != file.Identity || HintedTarget is not null || HintedSource is not null);

    /// <summary>Whether the file that is recorded here, which its number tells from all others, is here no more.</summary>
    public bool IsVacated => Recorded is { Identity: { IsWeak: false } identity } && OnDisk?.Identity != identity;

    /// <summary>
    /// A file that was created and not closed yet is announced when it is closed. A link has nothing to close.
    /// </summary>
    public bool IsUnfinished => MayBeUnfinished && Recorded is null && OnDisk is { Links: 1 };

    public bool IsNamed(byte[] name) => Key.Name.AsSpan().SequenceEqual(name);

    public string Text() => Key.Path(Directory.Path);
}
