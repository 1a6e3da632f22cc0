using System.Text;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Tests.Catalog.Convergence;
using static WatchPhoto.Indexer.Tests.Catalog.Events;

namespace WatchPhoto.Indexer.Tests.Catalog;

/// <summary>What every store of the catalog does alike.</summary>
public abstract class CatalogConformance<TStore>(TStore store) : IClassFixture<TStore>
    where TStore : Store
{
    // U+1F4F7 is a surrogate pair in UTF-16, whose units come before U+E000; its UTF-8 bytes come after.
    private static readonly string[] OddNames =
    [
        "$where.jpg", "$ROOT", "{\"$gt\": 1}", "a.b\"c'.jpg", "a.b.c", "'; DROP TABLE register; --", "%", "_", "new\nline.jpg", "-rf",
        " ", "A.JPG", "a.jpg", "e\u0301.jpg", "\u00E9.jpg", "\uD7FF", "\uE000", "\uFFFD", "\uFFFF", "\U00010000", "\U0001F4F7.jpg",
        "\U0010FFFF", "a", "a.d/1.jpg", "a/1.jpg", "a/$set", "a0", "//caf%E9.jpg", "2024//caf%E9.jpg", "2024/caf%E9.jpg", "0", "/%FF/0",
        "a\u0001b",
    ];

    private readonly string _library = Guid.NewGuid().ToString();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private OpenCatalog Catalog => store.Shared;

    private IPhotoCatalog Photos => store.Shared.Photos;

    [Fact]
    public async Task A_photo_is_read_back_as_it_was_told()
    {
        var full = Created("2024/full.jpg", 1) with
        {
            PhotoId = Guid.CreateVersion7(),
            File = new PhotoFile
            {
                Size = long.MaxValue,
                ModifiedAt = new FileTime(1_700_000_000, 999_999_999),
                Inode = ulong.MaxValue,
                BirthTime = new FileTime(-1, 1),
            },
            Photo = new PhotoDescription
            {
                Width = 1, Height = int.MaxValue, TakenAt = "2024-02-29T12:00:00", CameraMake = "", CameraModel = "$a.b \"c\" \U0001F4F7",
            },
        };
        var bare = Created("2024/bare.jpg", 2) with
        {
            File = new PhotoFile { Size = 0, ModifiedAt = new FileTime(long.MinValue, 0), Inode = 0 },
            Photo = null,
        };
        var empty = Created("2024/empty.jpg", 3) with { Photo = new PhotoDescription() };
        await ApplyAsync(full, bare, empty);

        Assert.Equal([Photo(bare), Photo(empty), Photo(full)], await ReadAsync());
    }

    [Fact]
    public async Task What_a_wrong_clock_has_told_is_lowered_and_what_is_told_from_then_on_counts()
    {
        long now = Events.At(100), ahead = TimeSpan.FromDays(3653).Ticks / TimeSpan.TicksPerMicrosecond;
        await ApplyAsync(Created("kept.jpg", 1, photo: 1), Created("gone.jpg", 2, photo: 2), Created("below/old.jpg", 3, photo: 3));
        await ApplyAsync(
            Changed("changed.jpg", ahead, photo: 4), Deleted("gone.jpg", ahead + 1), Removed("below", ahead + 2),
            Created("below/new.jpg", ahead + 2, photo: 5));

        Assert.Equal(5, await Photos.LowerAsync(_library, now, Cancellation));
        Assert.Equal(now, (await Photos.ProveAsync(_library, Cancellation)).Version);
        Assert.Equal(["below/new.jpg", "changed.jpg", "kept.jpg"], (await ReadAsync()).Select(photo => photo.Path));
        Assert.Equal(0, await Photos.LowerAsync(_library, now, Cancellation));

        // What is older than the wrong clock still changes nothing, what comes now does.
        await ApplyAsync(Created("gone.jpg", 2, photo: 2), Created("below/old.jpg", 3, photo: 3), Created("changed.jpg", 4, photo: 6));
        Assert.Equal(["below/new.jpg", "changed.jpg", "kept.jpg"], (await ReadAsync()).Select(photo => photo.Path));
        var again = new[]
        {
            Changed("kept.jpg", 200, photo: 1), Changed("changed.jpg", 200, photo: 4), Created("gone.jpg", 200, photo: 2),
            Created("below/old.jpg", 200, photo: 3),
        };
        await ApplyAsync(again);
        // And with the resync's floor what it does not tell of is buried.
        await Photos.BuryUpToAsync(_library, now, Cancellation);
        Assert.Equal(again.Select(Photo).OrderBy(photo => photo.Path, StringComparer.Ordinal), await ReadAsync());
        var proof = await Photos.ProveAsync(_library, Cancellation);
        Assert.Equal(
            again.Sum(change => RegisterDigest.Compute(change.Path, change.Version, change.PhotoId!.Value, change.File!, change.Photo)),
            proof.Digest);
    }

    [Fact]
    public async Task Tombstones_of_a_wrong_clock_are_forgotten_at_their_age_once_they_are_lowered()
    {
        long ahead = TimeSpan.FromDays(3653).Ticks / TimeSpan.TicksPerMicrosecond;
        await using var catalog = await store.OpenNewAsync();
        await catalog.Photos.ApplyAsync(Message(_library, Deleted("gone.jpg", ahead), Removed("below", ahead)), Cancellation);
        var later = Events.Now.AddDays(40);
        Assert.Equal(0, await catalog.Photos.ExpireAsync(later, Cancellation));
        Assert.Equal(2, await catalog.Photos.LowerAsync(_library, Events.At(0), Cancellation));
        Assert.Equal(2, await catalog.Photos.ExpireAsync(later, Cancellation));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Four_indexers_that_die_and_get_everything_twice_end_in_the_same_catalog(int run)
    {
        int seed = Environment.GetEnvironmentVariable("CATALOG_SEED") is { Length: > 0 } given ? int.Parse(given) : Random.Shared.Next();
        var random = new Random(seed + run);
        // Many small histories at once, each in a library of its own: where few paths and versions meet, the most goes wrong.
        var histories = Enumerable.Range(0, 12).Select(i =>
        {
            string library = $"{_library}-{i}";
            var events = Histories.Anything.Generate(CsCheckSeed(random), null, out _);
            return (Library: library, Events: events, Messages: Deliveries.Of(events, library, random));
        }).ToList();
        var queue = new System.Collections.Concurrent.ConcurrentQueue<FileEvents>(
            histories.SelectMany(history => history.Messages).OrderBy(_ => random.Next()));

        await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() => WorkAsync(new Random(seed + 100 * run + i)))));

        foreach (var (library, events, _) in histories)
        {
            string expected = Contents.Of(events).ToString();
            string actual = (await store.ContentsAsync(Catalog, library)).ToString();
            Assert.True(expected == actual, $"CATALOG_SEED={seed}, run {run}\n-- expected\n{expected}\n-- actual\n{actual}");
        }

        async Task WorkAsync(Random luck)
        {
            while (queue.TryDequeue(out var message))
            {
                try
                {
                    await store.ApplyAsync(Catalog, message, dies: () => luck.Next(8) == 0);
                }
                catch (Crash)
                {
                    queue.Enqueue(message);
                }
            }
        }

        static CsCheck.PCG CsCheckSeed(Random random) => new((uint)random.Next(), (ulong)random.NextInt64());
    }

    [Fact]
    public async Task Of_several_indexers_that_write_a_path_for_the_first_time_at_once_the_highest_version_wins()
    {
        for (int round = 0; round < 60; round++)
        {
            string path = $"{round}.jpg";
            using var start = new Barrier(4);
            await Task.WhenAll(Enumerable.Range(1, 4).Select(version => Task.Run(async () =>
            {
                var message = Message(_library, Created(path, version, version));
                start.SignalAndWait(Cancellation);
                await Photos.ApplyAsync(message, Cancellation);
            })));
        }

        Assert.All(await ReadAsync(), photo => Assert.Equal(At(4), photo.Version));
        Assert.Equal(60, (await Photos.ProveAsync(_library, Cancellation)).Count);
    }

    [Fact]
    public async Task A_message_applied_ten_times_is_applied_once()
    {
        FileEvents message = Message(_library,
            Created("a/1.jpg", 1, 1), Created("a/2.jpg", 1, 2), Moved("a/1.jpg", "b/1.jpg", 2, 1), Deleted("a/2.jpg", 3),
            Removed("a", 4), Created("a/3.jpg", 4, 3), Changed("b/1.jpg", 5, 1));
        for (int i = 0; i < 10; i++)
            await Photos.ApplyAsync(message, Cancellation);

        Assert.Equal(Contents.Of([.. message.Events]).ToString(), (await store.ContentsAsync(Catalog, _library)).ToString());
    }

    [Fact]
    public async Task Files_that_exchange_their_names_keep_their_photo_ids()
    {
        await ApplyAsync(Created("a.jpg", 1, 1), Created("b.jpg", 1, 2), Created("c.jpg", 1, 3));
        await ApplyAsync(Moved("b.jpg", "a.jpg", 2, 2), Moved("c.jpg", "b.jpg", 2, 3), Moved("a.jpg", "c.jpg", 2, 1));

        Assert.Equal(
            [("a.jpg", PhotoId(2)), ("b.jpg", PhotoId(3)), ("c.jpg", PhotoId(1))], (await ReadAsync()).Select(p => (p.Path, p.PhotoId)));
    }

    [Fact]
    public async Task A_photo_created_below_a_directory_removed_later_stays_gone_in_either_order()
    {
        await ApplyAsync(Removed("a/b", 5));
        await ApplyAsync(Created("a/b/c/late.jpg", 4), Created("a/bc.jpg", 4), Created("a/b/again.jpg", 5));
        Assert.Equal(["a/b/again.jpg", "a/bc.jpg"], await PathsAsync());

        await ApplyAsync(Removed("a", 6));
        Assert.Empty(await ReadAsync());
    }

    [Fact]
    public async Task Odd_names_are_names()
    {
        await ApplyAsync([.. OddNames.Select((name, i) => Created(name, 1, i + 1))]);
        Assert.Equal(InByteOrder(OddNames), await PathsAsync());

        foreach (var (name, i) in OddNames.Select((name, i) => (name, i)))
            Assert.Equal(name, Assert.Single(await Photos.FindAsync(PhotoId(i + 1), Cancellation), p => p.LibraryId == _library).Path);

        await ApplyAsync([.. OddNames.Select(name => Deleted(name, 2))]);
        Assert.Empty(await ReadAsync());
    }

    [Theory]
    [InlineData("", null, null)]
    [InlineData("a", null, null)]
    [InlineData("a/", null, 1)]
    [InlineData("2024//caf%E9", null, null)]
    [InlineData("\uD7FF", null, null)]
    [InlineData("\U0010FFFF", null, null)]
    [InlineData("a", "a.d/1.jpg", null)]
    [InlineData("b", "a", null)]
    [InlineData("a", "b", null)]
    [InlineData(null, "\uFFFF", 3)]
    [InlineData(null, "\U0001F4F7.jpg", null)]
    [InlineData(null, "nothing.jpg", 0)]
    [InlineData("\U0001F4F7", "\uE000", null)]
    [InlineData("\uE000", "\U0001F4F7", null)]
    [InlineData("no such", null, null)]
    public async Task Reading_starts_where_it_is_told_and_stops_where_it_is_told(string? prefix, string? after, int? limit)
    {
        await ApplyAsync([.. OddNames.Select(name => Created(name, 1)), Created("a/gone.jpg", 1), Deleted("a/gone.jpg", 2)]);

        var expected = InByteOrder(OddNames)
            .Where(name => prefix is null || name.StartsWith(prefix, StringComparison.Ordinal))
            .Where(name => after is null || ByteOrder.Compare(name, after) > 0)
            .Take(limit ?? int.MaxValue);
        Assert.Equal(expected, (await ReadAsync(prefix, after, limit)).Select(photo => photo.Path));
    }

    [Fact]
    public async Task More_photos_than_a_page_are_read_in_order_and_each_once()
    {
        string[] paths = [.. Enumerable.Range(0, 2300).Select(i => $"{i % 7}/{i}.jpg")];
        await ApplyAllAsync(paths.Select(path => Created(path, 1)));
        await ApplyAllAsync(paths.Where((_, i) => i % 3 == 0).Select(path => Deleted(path, 2)));
        var living = InByteOrder(paths.Where((_, i) => i % 3 != 0));

        Assert.Equal(living, await PathsAsync());
        Assert.Equal(living.Where(path => path.StartsWith("3/", StringComparison.Ordinal)), (await ReadAsync("3/")).Select(p => p.Path));
        Assert.Equal(living.Take(1001), (await ReadAsync(limit: 1001)).Select(p => p.Path));
    }

    [Fact]
    public async Task Paths_of_any_length_keep_their_order_and_their_directories()
    {
        // Around the length where a store may have to shorten its keys, in the middle of characters of every width.
        string deep = string.Join('/', Enumerable.Repeat(new string('d', 200), 9));
        string deeper = string.Join('/', Enumerable.Repeat(new string('\u00E9', 127), 17)); // 4,351 bytes
        string deepest = string.Join('/', Enumerable.Repeat("/" + string.Concat(Enumerable.Repeat("%FF", 255)), 17)); // 13,000 bytes
        string[] paths =
        [
            .. from length in Enumerable
            .Range(140, 70) from end in new[] { "a", "\u00E9", "\uFFFD", "\U0001F4F7", "" } select $"{deep}/{new string('x', length)}{end}",
            .. from name in new[] { "b.jpg", "a.jpg", "\U0001F4F7", "\uE000", "sub/1.jpg", "sub/0.jpg", "sub0" } select $"{deeper}/{name}",
            .. from name in new[] { "2.jpg", "1.jpg" } select $"{deepest}/{name}",
            "a.jpg", "\u00EA", "zzz",
        ];
        await ApplyAllAsync(paths.Select(path => Created(path, 1)));
        var sorted = InByteOrder(paths);
        Assert.Equal(sorted, await PathsAsync());
        Assert.Equal(
            sorted.Where(path => path.StartsWith(deeper + "/s", StringComparison.Ordinal)),
            (await ReadAsync(deeper + "/s")).Select(p => p.Path));
        foreach (string path in sorted.Where((_, i) => i % 30 == 0).Append($"{deeper}/b.jpg"))
            Assert.Equal(sorted.SkipWhile(p => p != path).Skip(1).Take(5), (await ReadAsync(after: path, limit: 5)).Select(p => p.Path));

        await ApplyAsync(Removed(deeper + "/sub", 2), Created(deeper + "/sub/late.jpg", 1), Deleted(deepest + "/2.jpg", 2));
        Assert.Equal(
            sorted.Where(path => !path.StartsWith(deeper + "/sub/", StringComparison.Ordinal) && path != deepest + "/2.jpg"),
            await PathsAsync());

        var living = await ReadAsync();
        await ApplyAsync(Removed(deep, 3), Removed(deepest, 3));
        Assert.Equal(living.Where(p => p.Path.StartsWith(deeper, StringComparison.Ordinal) || p.Path.Length < 10), await ReadAsync());
        Assert.True(await Photos.ForgetAsync([_library], Cancellation) > paths.Length);
        Assert.Empty((await store.ContentsAsync(Catalog, _library)).Registers);
    }

    [Fact]
    public async Task More_photos_than_a_page_in_one_directory_of_a_very_long_path_are_read_in_order_and_each_once()
    {
        string deep = string.Join('/', Enumerable.Repeat(new string('d', 200), 12));
        string[] paths = ["a.jpg", .. Enumerable.Range(0, 1200).Select(i => $"{deep}/{i * 7919 % 1200}.jpg"), "z.jpg"];
        await ApplyAllAsync(paths.Select(path => Created(path, 1)));
        var sorted = InByteOrder(paths);

        Assert.Equal(sorted, await PathsAsync());
        Assert.Equal(sorted[..1101], (await ReadAsync(limit: 1101)).Select(photo => photo.Path));
        Assert.Equal(
            sorted.Where(path => path.StartsWith(deep + "/", StringComparison.Ordinal)), (await ReadAsync(deep + "/")).Select(p => p.Path));
    }

    [Fact]
    public async Task Reading_stops_when_it_is_cancelled()
    {
        await ApplyAllAsync(Enumerable.Range(0, 1500).Select(i => Created($"{i}.jpg", 1)));
        using var cancellation = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var photo in Photos.ReadAsync(_library, null, null, null, cancellation.Token))
                await cancellation.CancelAsync();
        });
    }

    [Fact]
    public async Task A_photo_is_found_at_all_its_paths_and_at_none_where_it_was()
    {
        var photoId = Guid.CreateVersion7();
        var link = Created("link.jpg", 1) with { PhotoId = photoId };
        await ApplyAsync(
            link, Created("name.jpg", 1) with { PhotoId = photoId }, Created("gone.jpg", 1) with { PhotoId = photoId },
            Deleted("gone.jpg", 2));

        Assert.Equal(["link.jpg", "name.jpg"], (await Photos.FindAsync(photoId, Cancellation)).Select(photo => photo.Path));
        Assert.Equal(Photo(link), (await Photos.FindAsync(photoId, Cancellation))[0]);
        Assert.Empty(await Photos.FindAsync(Guid.CreateVersion7(), Cancellation));
    }

    [Fact]
    public async Task The_proof_is_the_sum_over_what_lives_and_the_highest_of_everything()
    {
        Assert.Equal(new Proof(0, 0, 0), await Photos.ProveAsync(_library, Cancellation));

        await ApplyAllAsync(Enumerable.Range(0, 500).Select(i => Created($"{i % 5}/{i}.jpg", 1 + i % 3, i)));
        await ApplyAsync(Deleted("0/0.jpg", 5), Removed("1", 4));
        var living = await ReadAsync();
        Assert.Equal(399, living.Count);
        Assert.Equal(new Proof(At(5), 399, living.Sum(Digest)), await Photos.ProveAsync(_library, Cancellation));

        var above = living.Where(photo => photo.Version > At(2)).ToList();
        Assert.Equal(new Proof(At(5), above.Count, above.Sum(Digest)), await Photos.ProveAboveAsync(_library, At(2), Cancellation));

        await ApplyAsync(Removed("nothing/there", 9));
        Assert.Equal(At(9), (await Photos.ProveAsync(_library, Cancellation)).Version);
    }

    [Fact]
    public async Task What_a_resync_did_not_tell_again_is_buried_and_stays_so()
    {
        await ApplyAsync(Created("true.jpg", 1, 1), Created("a/true.jpg", 1, 2), Created("drifted.jpg", 2, 3));
        await ApplyAsync(Changed("true.jpg", 5, 1), Changed("a/true.jpg", 6, 2));

        await Photos.BuryUpToAsync(_library, At(4), Cancellation);
        await ApplyAsync(Created("late.jpg", 4, 4), Created("drifted.jpg", 2, 3));

        Assert.Equal(["a/true.jpg", "true.jpg"], await PathsAsync());
        await ApplyAsync(Created("drifted.jpg", 5, 3));
        Assert.Equal(["a/true.jpg", "drifted.jpg", "true.jpg"], await PathsAsync());
    }

    [Fact]
    public async Task An_event_older_than_the_tombstones_creates_nothing_but_changes_what_is_there()
    {
        long old = At(0) - (long)TimeSpan.FromDays(31).TotalMicroseconds;
        await ApplyAsync(Created("new.jpg", 1) with { Version = old }, Deleted("gone.jpg", 1) with { Version = old });
        Assert.Empty((await store.ContentsAsync(Catalog, _library)).Registers);

        // It was there already when the event was young.
        await store.ApplyAsync(Catalog, Message(_library,
            Created("kept.jpg", 1) with { Version = old }, Created("deleted.jpg", 1) with { Version = old }), dies: () => false);
        await ApplyAsync(
            Changed("kept.jpg", 1, 2) with { Version = old + 1 }, Deleted("deleted.jpg", 1) with { Version = old + 1 },
            Created("young.jpg", 1));
        Assert.Equal([("kept.jpg", PhotoId(2)), ("young.jpg", PhotoId(1))], (await ReadAsync()).Select(p => (p.Path, p.PhotoId)));
    }

    [Fact]
    public async Task What_went_one_by_one_before_its_directory_is_not_written_again_and_stays_gone()
    {
        await ApplyAsync(Created("a/deleted.jpg", 1, 1), Created("a/moved.jpg", 1, 2), Created("a/swept.jpg", 1, 3));
        await ApplyAsync(Deleted("a/deleted.jpg", 2), Moved("a/moved.jpg", "b/moved.jpg", 2, 2));
        await ApplyAsync(Removed("a", 5));

        var contents = await store.ContentsAsync(Catalog, _library);
        Assert.Equal(
            [("a/deleted.jpg", At(2)), ("a/moved.jpg", At(2)), ("a/swept.jpg", At(5))],
            contents.Registers.Values.Where(register => register.Live is null).Select(register => (register.Path, register.Version)));

        await ApplyAsync(Created("a/deleted.jpg", 3, 1), Changed("a/moved.jpg", 4, 2), Created("a/swept.jpg", 4, 3));
        Assert.Equal(["b/moved.jpg"], await PathsAsync());
        await ApplyAsync(Created("a/deleted.jpg", 5, 1));
        Assert.Equal(["a/deleted.jpg", "b/moved.jpg"], await PathsAsync());
    }

    [Fact]
    public async Task Tombstones_and_ranges_are_forgotten_at_their_age_and_the_living_are_not()
    {
        await using var catalog = await store.OpenNewAsync();
        await catalog.Photos.ApplyAsync(Message(_library,
            Created("living.jpg", 1), Created("gone.jpg", 1), Deleted("gone.jpg", 2), Created("a/swept.jpg", 1),
            Removed("a", 2)), Cancellation);

        Assert.Equal(0, await catalog.Photos.ExpireAsync(Now.AddDays(30), Cancellation));
        Assert.Equal(3, (await store.ContentsAsync(catalog, _library)).Registers.Count);

        Assert.Equal(3, await catalog.Photos.ExpireAsync(Now.AddDays(31), Cancellation));
        var left = await store.ContentsAsync(catalog, _library);
        Assert.Equal("living.jpg", Assert.Single(left.Registers).Key);
        Assert.Empty(left.Ranges);
    }

    [Fact]
    public async Task A_photo_that_comes_back_has_its_id_whether_its_tombstone_is_still_there_or_forgotten()
    {
        await using var catalog = await store.OpenNewAsync();
        await catalog.Photos.ApplyAsync(Message(_library, Created("a.jpg", 1), Deleted("a.jpg", 2)), Cancellation);
        await catalog.Photos.ExpireAsync(Now.AddDays(30), Cancellation);
        await catalog.Photos.ApplyAsync(Message(_library, Created("a.jpg", 1)), Cancellation);
        Assert.Empty(await catalog.Photos.FindAsync(PhotoId(1), Cancellation));
        await catalog.Photos.ApplyAsync(Message(_library, Created("a.jpg", 3, 1)), Cancellation);
        Assert.Equal("a.jpg", Assert.Single(await catalog.Photos.FindAsync(PhotoId(1), Cancellation)).Path);

        await catalog.Photos.ApplyAsync(Message(_library, Deleted("a.jpg", 4)), Cancellation);
        Assert.Equal(1, await catalog.Photos.ExpireAsync(Now.AddDays(31), Cancellation));
        await catalog.Photos.ApplyAsync(Message(_library, Created("b.jpg", 5, 1)), Cancellation);
        Assert.Equal("b.jpg", Assert.Single(await catalog.Photos.FindAsync(PhotoId(1), Cancellation)).Path);
    }

    [Fact]
    public async Task A_library_is_forgotten_and_no_other()
    {
        string other = _library + "0", third = _library + "-", fourth = _library + "1";
        foreach (string library in new[] { _library, other, third, fourth })
            await Photos.ApplyAsync(Message(library, Created("a.jpg", 1), Deleted("b.jpg", 1), Removed("c", 1)), Cancellation);

        Assert.Equal(6, await Photos.ForgetAsync([_library, "unknown", fourth], Cancellation));
        Assert.Equal(0, await Photos.ForgetAsync([_library, fourth], Cancellation));
        Assert.Equal(new Proof(0, 0, 0), await Photos.ProveAsync(_library, Cancellation));
        Assert.Equal(new Proof(0, 0, 0), await Photos.ProveAsync(fourth, Cancellation));
        Assert.Equal(1, (await Photos.ProveAsync(other, Cancellation)).Count);
        Assert.Equal(1, (await Photos.ProveAsync(third, Cancellation)).Count);
    }

    [Fact]
    public async Task An_event_without_what_it_needs_is_refused_with_its_whole_message()
    {
        FileEvent[] wrong =
        [
            Created("b.jpg", 1) with { PhotoId = null },
            Changed("b.jpg", 1) with { File = null },
            Moved("c.jpg", "b.jpg", 1) with { OldPath = null },
            Created("b.jpg", 1) with { Kind = (FileEventKind)77 },
        ];
        foreach (var change in wrong)
        {
            var refused = await Assert.ThrowsAsync<ArgumentException>(() => ApplyAsync(Created("a.jpg", 1), change));
            Assert.Contains("'b.jpg'", refused.Message, StringComparison.Ordinal);
        }

        Assert.Empty((await store.ContentsAsync(Catalog, _library)).Registers);
    }

    [Fact]
    public async Task Several_indexers_prepare_an_empty_database_at_once_and_again_later()
    {
        string place = store.NewPlace();
        var catalogs = Enumerable.Range(0, 4).Select(_ => store.Open(place)).ToList();
        await Task.WhenAll(catalogs.Select(catalog => Task.Run(() => catalog.Setup.PrepareAsync(Cancellation))));
        foreach (var catalog in catalogs)
            await catalog.Setup.PrepareAsync(Cancellation);

        var ids = await Task.WhenAll(catalogs.Select(catalog => catalog.Libraries.ReadAsync(Cancellation)));
        Assert.Single(ids.Select(announced => announced.CatalogId).Distinct());
        await catalogs[0].Photos.ApplyAsync(Message(_library, Created("a.jpg", 1)), Cancellation);
        Assert.Equal(1, (await catalogs[3].Photos.ProveAsync(_library, Cancellation)).Count);
        foreach (var catalog in catalogs)
            await catalog.DisposeAsync();
    }

    [Fact]
    public void An_age_of_tombstones_out_of_range_is_refused()
    {
        var options = new CatalogOptions { TombstoneAge = TimeSpan.FromMinutes(1) };
        Assert.Throws<System.ComponentModel.DataAnnotations.ValidationException>(() => store.Open(store.NewPlace(), options));
    }

    private static long Digest(Photo photo) =>
        RegisterDigest.Compute(photo.Path, photo.Version, photo.PhotoId, photo.File, photo.Description);

    private static readonly Comparer<string> ByteOrder = Comparer<string>.Create((a, b) =>
        Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b)));

    private static string[] InByteOrder(IEnumerable<string> paths) => [.. paths.Order(ByteOrder)];

    private Photo Photo(FileEvent e) => new(_library, e.Path, e.PhotoId!.Value, e.Version, e.File!, e.Photo);

    private Task ApplyAsync(params FileEvent[] events) => Photos.ApplyAsync(Message(_library, events), Cancellation);

    private async Task ApplyAllAsync(IEnumerable<FileEvent> events, int atOnce = FileEvents.MaxEvents)
    {
        foreach (var some in events.Chunk(atOnce))
            await ApplyAsync(some);
    }

    private async Task<List<Photo>> ReadAsync(string? prefix = null, string? after = null, int? limit = null)
    {
        List<Photo> photos = [];
        await foreach (var photo in Photos.ReadAsync(_library, prefix, after, limit, Cancellation))
            photos.Add(photo);
        return photos;
    }

    private async Task<List<string>> PathsAsync() => [.. (await ReadAsync()).Select(photo => photo.Path)];
}
