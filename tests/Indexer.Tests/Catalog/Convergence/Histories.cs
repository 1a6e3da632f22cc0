using CsCheck;
using WatchPhoto.Contracts;

namespace WatchPhoto.Indexer.Tests.Catalog.Convergence;

/// <summary>Sets of events, from nonsense to what really happens on a disk.</summary>
internal static class Histories
{
    private static readonly string[] Directories = ["a", "a/b", "a/b/c", "a//b%E9", "ab", "d"];

    private static readonly string[] Paths =
        ["1.jpg", .. from directory in Directories from name in new[] { "1.jpg", "2.jpg", "/3%FF.jpg" } select $"{directory}/{name}"];

    /// <summary>Any events at all, of few paths and few versions, so that they meet and tie in every way.</summary>
    public static readonly Gen<FileEvent[]> Anything =
        (from kind in Gen.Int[0, 9]
         from path in OneOf(Paths)
         from other in OneOf(Paths)
         from directory in OneOf(["", .. Directories])
         from version in Gen.Long[1, 6]
         from photo in Gen.Int[1, 3]
         select kind switch
         {
             < 3 => Events.Created(path, version, photo),
             < 5 => Events.Changed(path, version, photo),
             < 7 => Events.Moved(other, path, version, photo),
             7 => Events.Deleted(path, version),
             _ => Events.Removed(directory, version),
         }).Array[1, 14];

    /// <summary>What a watcher tells of a disk that changes at random, plan by plan, and the disk as it is in the end.</summary>
    public static readonly Gen<(FileEvent[] Events, SortedDictionary<string, int> Disk)> OfADisk =
        Gen.Int.Array[1, 12].Select(Live);

    private static Gen<string> OneOf(string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    private static (FileEvent[], SortedDictionary<string, int>) Live(int[] seeds)
    {
        SortedDictionary<string, int> disk = new(StringComparer.Ordinal);
        List<FileEvent> events = [];
        int lastPhoto = 0;
        for (int plan = 1; plan <= seeds.Length; plan++)
        {
            var random = new Random(seeds[plan - 1]);
            var before = new SortedDictionary<string, int>(disk, StringComparer.Ordinal);
            HashSet<string> changed = [], removed = [];
            for (int actions = random.Next(1, 4); actions > 0; actions--)
                Act(disk, random, changed, removed, ref lastPhoto);
            events.AddRange(Tell(before, disk, changed, removed, plan));
        }

        return ([.. events], disk);
    }

    private static void Act(
        SortedDictionary<string, int> disk, Random random, HashSet<string> changed, HashSet<string> removed, ref int lastPhoto)
    {
        string[] files = [.. disk.Keys];
        string path = Paths[random.Next(Paths.Length)];
        string? file = files.Length == 0 ? null : files[random.Next(files.Length)];
        string? second = files.Length == 0 ? null : files[random.Next(files.Length)];
        string directory = Directories[random.Next(Directories.Length)];
        switch (random.Next(8))
        {
            case 0 when file is not null:
                disk.Remove(file);
                break;
            case 1 when file is not null:
                changed.Add(file);
                break;
            case 2 when file is not null: // renamed, perhaps over another one
                disk.Remove(file, out int moving);
                disk[path] = moving;
                break;
            case 3 when file is not null && second is not null:
                (disk[file], disk[second]) = (disk[second], disk[file]);
                break;
            case 4: // removed; what the same plan creates there afterwards lives
                foreach (string gone in files.Where(f => f.StartsWith(directory + "/", StringComparison.Ordinal)))
                    disk.Remove(gone);
                removed.Add(directory);
                break;
            case 5: // moved, with everything below it
                foreach (string below in files.Where(f => f.StartsWith(directory + "/", StringComparison.Ordinal)))
                {
                    disk.Remove(below, out int photo);
                    disk["d/moved" + below[directory.Length..]] = photo;
                }

                removed.Add(directory);
                break;
            default:
                disk[path] = ++lastPhoto;
                break;
        }
    }

    private static IEnumerable<FileEvent> Tell(
        SortedDictionary<string, int> before, SortedDictionary<string, int> after,
        HashSet<string> changed, HashSet<string> removed, long version)
    {
        var wasAt = before.ToDictionary(entry => entry.Value, entry => entry.Key);
        HashSet<string> movedFrom = [];
        foreach (var (path, photo) in after)
        {
            bool toldAgain = removed.Any(directory => path.StartsWith(directory + "/", StringComparison.Ordinal));
            if (!wasAt.TryGetValue(photo, out string? old))
            {
                yield return before.ContainsKey(path)
                    ? Events.Changed(path, version, photo)
                    : Events.Created(path, version, photo);
            }
            else if (old != path)
            {
                movedFrom.Add(old);
                yield return Events.Moved(old, path, version, photo);
            }
            else if (toldAgain || changed.Contains(path))
            {
                yield return Events.Changed(path, version, photo);
            }
        }

        foreach (string path in before.Keys.Where(path => !after.ContainsKey(path) && !movedFrom.Contains(path)))
            yield return Events.Deleted(path, version);
        foreach (string directory in removed)
            yield return Events.Removed(directory, version);
    }
}
