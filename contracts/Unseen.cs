namespace WatchPhoto.Contracts;

/// <summary>Where a watcher does not see a library's disk.</summary>
/// <param name="Count">How many places there are.</param>
/// <param name="Places">The first of them.</param>
public sealed record Unseen(long Count, IReadOnlyList<UnseenPlace> Places)
{
    /// <summary>A report lists as many places; of more it says only how many there are.</summary>
    public const int MostPlaces = 20;
}
