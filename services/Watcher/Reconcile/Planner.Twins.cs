using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.State;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Reconcile;

/// <summary>
/// Who is who where numbers do not last: a file is known by name, size and time. Several may be the same by size and time
/// (twins), so one that appears is only taken for one that has vanished where nothing else could be meant, or where the hints
/// of a rename say so. A new photo id is right where an old one might be another's.
/// </summary>
internal sealed partial class Planner
{
    // Of more nobody could tell them apart, and each would be looked at for each.
    private const int MostTwins = 1024;

    // A file on its way from one look to another has any name.
    private static readonly TimeSpan UnderWay = TimeSpan.FromMinutes(1);

    // What is recorded of a weak identity; null: too many.
    private readonly Dictionary<FileIdentity, List<PlannedPath>?> _twins = [];
    // At the places of files that were renamed are others now, the same by all that lasts.
    private readonly Queue<PlannedPath> _leftBehind = new();
    private readonly Dictionary<FileIdentity, (Guid PhotoId, byte[] Name, DateTimeOffset At)> _justGone = [];
    private Spelling? _spelling;

    // Draws every twin into the plan, so that all are known that could be meant.
    private void FindTwins(PlannedPath path, FileIdentity identity)
    {
        if (Follow(path, identity) || !path.IsNewcomer)
            return;
        foreach (var twin in Twins(identity) ?? [])
        {
            if (twin != path)
                TellSpellings(path, twin);
        }
    }

    private List<PlannedPath>? Twins(FileIdentity identity)
    {
        if (_twins.TryGetValue(identity, out var twins))
            return twins;
        var entries = state.Find(identity, MostTwins + 1);
        _twins.Add(identity, twins = entries.Count > MostTwins ? null : []);
        foreach (var entry in entries.Take(twins is null ? 0 : MostTwins))
        {
            bool isKnown = _paths.ContainsKey(entry.Key);
            if (Source(entry) is not { } twin || IsAway(twin.Directory))
                continue;
            twin.IsTwin = !isKnown;
            twins!.Add(twin);
        }

        return twins;
    }

    // Its disk is: that it is not found says nothing.
    private static bool IsAway(ObservedDirectory directory) => directory.Library.Mounts.Keys.Any(mount =>
        directory.Path.AsSpan().StartsWith(mount) && DirectoryTree.Find(directory.Library, mount) is not { IsOpaque: false });

    // What is recorded where the file was is read before this plan changes it.
    private void Trace(Origin from, bool isFound)
    {
        from.IsFound |= isFound;
        if (isFound || from.Photo is not null)
            return;
        from.Photo = RecordedAt(from) is { Identity.IsWeak: true } entry ? new LostPhoto(entry.PhotoId, entry.Identity, from) : from.Before?.Photo;
        from.Before = null;
    }

    private Entry? RecordedAt(Origin from) =>
        from.Directory.IsAttached && new ObservedDirectory(from.Directory.Library, from.Directory.Path()).Row(state) is { } row
            ? state.Find(new EntryKey(row, from.Name)) : null;

    // The hints of a rename say where the file was.
    private bool Follow(PlannedPath path, FileIdentity identity)
    {
        if (path.From.CameFrom is not { } from || path.Source is not null)
            return false;
        var recorded = RecordedAt(from);
        if (recorded is null && from.Before?.Photo is { } lost && lost.Identity == identity)
        {
            path.Lost = lost;
            recorded = RecordedAt(lost.From) is { } entry && entry.PhotoId == lost.PhotoId ? entry : null;
        }

        if (recorded is null || recorded.Key == path.Key || recorded.Identity != identity
            || Source(recorded) is not { Goes: null } source
            || (from.IsExchange && source.OnDisk?.Identity != identity))
            return false;
        TellSpellings(path, source);
        if (path.OnDisk is null)
            return true;
        source.Goes = path;
        path.Source = source;
        if (source.OnDisk?.Identity == identity)
            _leftBehind.Enqueue(source);
        return true;
    }

    // While one that is the same may still appear, all must be recorded that could be meant.
    private static bool MakesRoomForTwin(PlannedPath path) => path is { IsNewcomer: true, HasLost: true, Recorded.Identity.IsWeak: true };

    // By size, time and name; then by size and time alone.
    private void MatchTwins(bool isAll, bool final)
    {
        if (_twins.Count == 0)
            return;
        var newcomers = _order.Where(path => path is { IsNewcomer: true, IsUnfinished: false, Source: null, OnDisk.Identity.IsWeak: true });
        // A copy in another library is another photo.
        foreach (var group in newcomers.GroupBy(path => (path.OnDisk!.Value.Identity, path.Directory.Library)).ToList())
        {
            var (identity, library) = group.Key;
            // A twin may be at its place that came from elsewhere.
            var vanished = Twins(identity)?
                .Where(twin => twin.Directory.Library == library && twin.Goes is null && (twin.IsNewcomer || twin.OnDisk?.Identity != identity)).ToList();
            var appeared = group.ToList();
            // Of one that was heard of, the hints say where it came from, or nobody does: what vanished beside it may have been deleted.
            if (isAll && vanished is { Count: > 0 } && appeared.TrueForAll(path => path.From.Live is null))
            {
                var byName = vanished.ToLookup(path => path.Key.Name, NameComparer.Instance);
                foreach (var named in appeared.GroupBy(path => path.FormerName, NameComparer.Instance).ToList())
                    Match([.. byName[named.Key]], [.. named]);
                vanished.RemoveAll(path => path.Goes is not null);
                appeared.RemoveAll(path => path.Source is not null);
                Match(vanished, appeared);
                vanished.RemoveAll(path => path.Goes is not null);
                appeared.RemoveAll(path => path.Source is not null);
            }

            var names = appeared.ToLookup(path => path.FormerName, NameComparer.Instance);
            foreach (var path in appeared)
            {
                path.IsAmbiguous = vanished is not [] || appeared.Count > 1;
                path.HasNamesake = names[path.FormerName].Count() > 1;
                // Others that could be meant may not have been met yet.
                if (!final && vanished is { Count: > 0 })
                    path.Doubt();
            }
        }
    }

    private static void Match(List<PlannedPath> vanished, List<PlannedPath> appeared)
    {
        if (vanished is [var from] && appeared is [var to])
            (from.Goes, to.Source) = (to, from);
    }

    // One file found at two names: where that may be one name in two spellings, only what a listing has is there.
    private void TellSpellings(PlannedPath path, PlannedPath other)
    {
        if (path.OnDisk is not { } left || other.OnDisk is not { } right
            || !Spelling.MayBeOne(path.Directory, path.Key.Name, other.Directory, other.Key.Name, left, right))
            return;
        _spelling ??= new Spelling(tree);
        // Nobody else misses a twin that every look finds under another name.
        if (!_spelling.IsThere(other.Directory.Library, other.Directory.Path, other.Key.Name))
            (other.OnDisk, other.IsTwin) = (null, false);
        else if (!_spelling.IsThere(path.Directory.Library, path.Directory.Path, path.Key.Name))
            path.OnDisk = null;
    }

    private Guid? Recall(PlannedPath path)
    {
        var (identity, since) = (path.OnDisk!.Value.Identity, time.GetUtcNow() - options.Memory);
        if (!identity.IsWeak)
            return state.Recall(identity, path.Key.Name, since);
        // What is recorded with this size and time is elsewhere, or has been told apart.
        var twins = _twins.GetValueOrDefault(identity);
        if (path.HasNamesake || twins is null || twins.Exists(twin => twin.Directory.Library == path.Directory.Library && IsNamed(twin.Key, path.FormerName)))
            return null;
        var own = state.Recall(identity, path.FormerName, since)
            ?? (!path.IsAmbiguous && twins.Count == 0 && JustGone(identity) is { } gone && gone.PhotoId != Guid.Empty ? gone.PhotoId : null);
        return path.Lost is { } lost && own != lost.PhotoId ? null : own;
    }

    private static bool IsNamed(EntryKey key, byte[] name) => key.Name.AsSpan().SequenceEqual(name);

    private (Guid PhotoId, byte[] Name)? JustGone(FileIdentity identity) =>
        _justGone.TryGetValue(identity, out var gone) && time.GetUtcNow() - gone.At < UnderWay ? (gone.PhotoId, gone.Name) : null;

    private void Forget(PlannedPath path)
    {
        var identity = path.OnDisk!.Value.Identity;
        state.Forget(identity, path.FormerName);
        if (identity.IsWeak && _justGone.Remove(identity, out var gone) && gone.PhotoId != Guid.Empty)
            state.Forget(identity, gone.Name);
    }

    private void Remember(Entry entry, DateTimeOffset now)
    {
        state.Remember(entry, now);
        if (!entry.Identity.IsWeak)
            return;
        if (_justGone.Count > 0 && _justGone.Values.First().At < now - UnderWay)
        {
            foreach (var old in _justGone.Where(gone => gone.Value.At < now - UnderWay).Select(gone => gone.Key).ToList())
                _justGone.Remove(old);
        }

        // Which of two that are the same has come back, nothing would tell.
        bool isTwin = JustGone(entry.Identity) is { } other && other.PhotoId != entry.PhotoId;
        _justGone[entry.Identity] = (isTwin ? Guid.Empty : entry.PhotoId, entry.Key.Name, now);
    }
}
