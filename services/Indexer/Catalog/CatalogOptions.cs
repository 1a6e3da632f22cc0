using System.ComponentModel.DataAnnotations;

namespace WatchPhoto.Indexer.Catalog;

public sealed record CatalogOptions
{
    /// <summary>
    /// How long it is remembered that a path is gone. An event older than this may change what is there, but creates
    /// nothing: what would have overruled it may be forgotten.
    /// </summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00")]
    public TimeSpan TombstoneAge { get; init; } = TimeSpan.FromDays(30);

    // Two machines' clocks differ: what overrules an event is forgotten well after the event is too old to create.
    internal TimeSpan TombstoneLife => TombstoneAge + TimeSpan.FromDays(1);
}
