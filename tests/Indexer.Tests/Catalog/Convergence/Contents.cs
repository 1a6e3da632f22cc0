using System.Text;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog.Algebra;

namespace WatchPhoto.Indexer.Tests.Catalog.Convergence;

/// <summary>Everything that a catalog holds of a library, tombstones and ranges as well, to compare with another.</summary>
internal sealed class Contents
{
    public SortedDictionary<string, Register> Registers { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, long> Ranges { get; } = new(StringComparer.Ordinal);

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (path, register) in Registers)
        {
            long version = register.Live is null ? Math.Max(register.Version, HighestAbove(path)) : register.Version;
            text.AppendLine($"{path} @{version - Events.At(0)} {Content(register)}");
        }

        foreach (var (directory, version) in Ranges)
            text.AppendLine($"{directory}/ removed @{version - Events.At(0)}");
        return text.ToString();
    }

    // A tombstone counts for as much.
    private long HighestAbove(string path) =>
        Ranges.Where(r => r.Key == "" || path.StartsWith(r.Key + "/", StringComparison.Ordinal)).Select(r => r.Value)
            .DefaultIfEmpty(long.MinValue).Max();

    private static string Content(Register register) =>
        register.Live is { } live ? $"{live.PhotoId} {live.File} {live.Description} {live.Digest}" : "gone";

    /// <summary>
    /// What a set of events comes to, said as a definition and without any order: of every path told of, the highest that
    /// was said of it, and of a tie the living one.
    /// </summary>
    public static Contents Of(IReadOnlyCollection<FileEvent> events)
    {
        var contents = new Contents();
        foreach (var removal in events.Where(e => e.Kind == FileEventKind.DirectoryRemoved).GroupBy(e => e.Path))
            contents.Ranges[removal.Key] = removal.Max(e => e.Version);

        var living = events.Where(e => e.File is not null)
            .ToLookup(e => e.Path, e => new Register(e.Path, e.Version, new LivePhoto(e.PhotoId!.Value, e.File!, e.Photo,
                RegisterDigest.Compute(e.Path, e.Version, e.PhotoId.Value, e.File!, e.Photo))));
        var gone = events.Where(e => e.Kind == FileEventKind.Deleted).Select(e => (e.Path, e.Version))
            .Concat(events.Where(e => e.OldPath is not null).Select(e => (Path: e.OldPath!, e.Version)))
            .ToLookup(e => e.Path, e => e.Version);

        foreach (string path in living.Select(l => l.Key).Concat(gone.Select(g => g.Key)).Distinct())
        {
            long lastGone = gone[path].Append(contents.HighestAbove(path)).Max();
            var lastLiving = living[path].OrderBy(l => l.Version).ThenBy(l => l.Live!.Digest).LastOrDefault();
            contents.Registers[path] = lastLiving is not null && lastLiving.Version >= lastGone
                ? lastLiving
                : new Register(path, lastGone, Live: null);
        }

        return contents;
    }
}
