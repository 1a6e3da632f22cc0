namespace WatchPhoto.Indexer.Catalog;

/// <summary>A stretch of paths.</summary>
/// <param name="From">Where it starts.</param>
/// <param name="IsAfter">Whether <see cref="From"/> itself is outside.</param>
/// <param name="End">The first path behind it; null: it reaches to the library's end.</param>
internal readonly record struct PathRange(string From, bool IsAfter, string? End)
{
    /// <summary>Everything below a directory; the library's root is the empty text.</summary>
    public static PathRange Below(string directory) =>
        directory.Length == 0 ? new("", false, null) : new(directory + "/", false, directory + "0"); // '0' follows '/'

    /// <summary>What starts with a prefix and comes after a path.</summary>
    public static PathRange Of(string? prefix, string? after)
    {
        string? end = prefix is null ? null : PathOrder.Behind(prefix);
        return after is not null && (prefix is null || PathOrder.Compare(after, prefix) >= 0)
            ? new(after, true, end)
            : new(prefix ?? "", false, end);
    }
}
