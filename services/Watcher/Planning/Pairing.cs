using WatchPhoto.Watcher.Disk;

namespace WatchPhoto.Watcher.Planning;

/// <summary>
/// Who is who: finds for each file that appeared at a path the one it is of those that are recorded elsewhere and are there no
/// more. By its identity; or where that is weak, as hints of a rename say, or where nothing else could be meant.
/// </summary>
internal static class Pairing
{
    public static Pairs Of(Graph graph, in PlanTerms terms)
    {
        var pairs = new Pairs(graph.Paths);
        // One file at two places: a link, or it moved on between the looks. Others will tell.
        foreach (var (first, other) in graph.SeenTwice)
        {
            pairs.Doubt(other);
            pairs.Doubt(first);
        }

        ByIdentity(graph, pairs);
        if (graph.Twins.Count > 0)
            ByLikeness(graph, pairs, terms);
        return pairs;
    }

    // Of a file with several names that are gone the first one goes to whoever came first.
    private static void ByIdentity(Graph graph, Pairs pairs)
    {
        if (!graph.Paths.Any(path => path.IsVacated))
            return;
        var newcomers = graph.Paths
            .Where(path => path is { IsUnfinished: false, OnDisk.Identity.IsWeak: false } && pairs.IsNewcomer(path)).ToList();
        var wanted = newcomers.Select(path => path.OnDisk!.Value.Identity).ToHashSet();
        var vacated = graph.Paths.Where(path => path.IsVacated && wanted.Contains(path.Recorded!.Identity)).OrderBy(path => path.Key)
            .GroupBy(path => path.Recorded!.Identity).ToDictionary(names => names.Key, names => new Queue<PlannedPath>(names));
        foreach (var path in newcomers)
        {
            if (vacated.TryGetValue(path.OnDisk!.Value.Identity, out var names) && names.TryDequeue(out var name))
                pairs.Join(name, path);
        }
    }

    private static void ByLikeness(Graph graph, Pairs pairs, in PlanTerms terms)
    {
        var newcomers = graph.Paths.Where(path =>
            path is { IsUnfinished: false, OnDisk.Identity.IsWeak: true } && pairs.IsNewcomer(path) && pairs.Source(path) is null);
        // A copy in another library is another photo.
        foreach (var group in newcomers.GroupBy(path => (path.OnDisk!.Value.Identity, path.Directory.Library)).ToList())
        {
            var (identity, library) = group.Key;
            // A twin may be at its place that came from elsewhere.
            var vanished = graph.Twins.GetValueOrDefault(identity)?.Recorded?.Where(twin => twin.Directory.Library == library
                && pairs.Target(twin) is null && (pairs.IsNewcomer(twin) || pairs.File(twin)?.Identity != identity)).ToList();
            var appeared = group.ToList();
            // Of one that was heard of, the hints say where it came from, or nobody does: what vanished beside it may have been deleted.
            if ((terms.IsAll || terms.Final) && vanished is { Count: > 0 } && appeared.TrueForAll(path => path.From.Live is null))
                Match(vanished, appeared, pairs);
            TellApart(vanished, appeared, pairs, terms.Final);
        }
    }

    // By size, time and name; then by size and time alone.
    private static void Match(List<PlannedPath> vanished, List<PlannedPath> appeared, Pairs pairs)
    {
        var byName = vanished.ToLookup(path => path.Key.Name, NameComparer.Instance);
        foreach (var named in appeared.GroupBy(path => path.FormerName, NameComparer.Instance).ToList())
            JoinIfAlone([.. byName[named.Key]], [.. named]);
        RemovePaired();
        JoinIfAlone(vanished, appeared);
        RemovePaired();

        void JoinIfAlone(List<PlannedPath> from, List<PlannedPath> to)
        {
            if (from is [var source] && to is [var target])
                pairs.Join(source, target);
        }

        void RemovePaired()
        {
            vanished.RemoveAll(path => pairs.Target(path) is not null);
            appeared.RemoveAll(path => pairs.Source(path) is not null);
        }
    }

    private static void TellApart(List<PlannedPath>? vanished, List<PlannedPath> appeared, Pairs pairs, bool final)
    {
        var names = appeared.ToLookup(path => path.FormerName, NameComparer.Instance);
        foreach (var path in appeared)
        {
            if (vanished is not [] || appeared.Count > 1)
                pairs.Ambiguous.Add(path);
            if (names[path.FormerName].Count() > 1)
                pairs.Namesakes.Add(path);
            // Others that could be meant may not have been met yet.
            if (!final && vanished is { Count: > 0 })
                pairs.Doubt(path);
        }
    }
}
