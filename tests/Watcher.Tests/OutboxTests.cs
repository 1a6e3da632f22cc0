using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SQLitePCL;
using WatchPhoto.Bus;
using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Kernel;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Planning;
using WatchPhoto.Watcher.Publishing;
using WatchPhoto.Watcher.Reconcile;
using WatchPhoto.Watcher.State;
using WatchPhoto.Watcher.Tracking;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Tests;

/// <summary>What waits to be sent of many entries is where they are.</summary>
public sealed class OutboxTests : IDisposable
{
    private const long Version = 1000;

    private readonly string _directory = Directory.CreateTempSubdirectory("watchphoto-outbox-").FullName;
    private StateDatabase _state;
    private readonly WatchedLibrary _library;
    private readonly ApplicationLifetime _lifetime = new(NullLogger<ApplicationLifetime>.Instance);
    private long _row;

    public OutboxTests()
    {
        _state = new StateDatabase(File);
        WatchedLibrary? library = null;
        _state.Transact(() => library = _state.AddLibrary(new Library { Id = "photos", Name = "photos", Host = "here", Path = "/photos" }));
        _library = library!;
    }

    private string File => Path.Combine(_directory, "state.db");

    public void Dispose()
    {
        _state.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void A_message_of_entries_is_read_from_the_state_when_it_is_sent()
    {
        Tell("2024/", Enumerable.Range(0, 450).Select(i => $"{i:000}.jpg"));
        Assert.Equal([200, 200, 50], Rows().Select(row => row.Count));
        Assert.Equal(Enumerable.Range(0, 450).Select(i => $"2024/{i:000}.jpg"), Events().Select(told => told.Path));

        var changed = Entry("100.jpg") with { Version = Version + 1 };
        _state.Transact(() =>
        {
            _state.Put(_library, Entry("100.jpg"), changed);
            _state.Remove(_library, Entry("101.jpg"));
        });
        Assert.Equal(
            Enumerable.Range(0, 450).Where(i => i is not (100 or 101)).Select(i => $"2024/{i:000}.jpg"),
            Events().Select(told => told.Path));
    }

    [Fact]
    public void Names_may_come_in_any_order_and_one_alone_is_a_message_of_its_own()
    {
        Tell("", ["c", "a", "b"]);
        Tell("alone/", ["one"]);
        Assert.Equal([3, 1], Rows().Select(row => row.Count));
        Assert.Equal(["a", "b", "c", "alone/one"], Events().Select(told => told.Path));
    }

    [Fact]
    public void A_few_among_many_are_written_out()
    {
        Tell("", Enumerable.Range(0, 100).Select(i => $"{i:000}.jpg"));
        Tell("", ["000a.jpg", "098a.jpg"], Version + 1);
        // Nobody looks for them again.
        _state.Transact(() => _state.Remove(_library, Entry("098a.jpg")));
        Assert.Equal(["000a.jpg", "098a.jpg"], Events().Skip(100).Select(told => told.Path));
    }

    [Theory]
    [InlineData('x')]
    [InlineData('\u0001')]
    [InlineData('\u00e9')]
    public void Long_paths_make_messages_of_fewer_events(char letter)
    {
        string directory = string.Concat(Enumerable.Repeat(new string(letter, 120) + "/", 10));
        Tell(directory, Enumerable.Range(0, 200).Select(i => $"{i:000}.jpg"));
        Assert.True(Rows().Count > 1);
        Assert.All(Rows(), row => Assert.InRange(Outbox.Json(row.Events).Length, 1, Math.Min(row.Bytes, FileEvents.MaxBytes)));
        Assert.Equal(200, Events().Count);
    }

    [Fact]
    public async Task Of_entries_that_are_gone_nothing_is_sent()
    {
        Tell("", ["a", "b"]);
        _state.Transact(() =>
        {
            _state.Remove(_library, Entry("a"));
            _state.Remove(_library, Entry("b"));
        });
        Tell("", ["c", "d"]);

        var bus = new Bus();
        using var publisher = Publisher(bus);
        await publisher.StartAsync(TestContext.Current.CancellationToken);
        while (_state.OutboxRows > 0)
            await Task.Delay(5, TestContext.Current.CancellationToken);
        await publisher.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["c", "d"], bus.Sent.SelectMany(message => message.Events).Select(told => told.Path));
    }

    [Fact]
    public async Task What_a_later_version_left_to_be_sent_ends_the_program_with_a_reason()
    {
        _state.Transact(() => _state.AddOutbox(_library, 1, """[{"kind":"sideways","version":1,"path":"a"}]"""u8.ToArray()));
        Assert.Contains("written by a later version", Assert.Throws<StateException>(() => Events()).Message, StringComparison.Ordinal);
        using var publisher = Publisher(new Bus());
        await publisher.StartAsync(TestContext.Current.CancellationToken);
        await publisher.ExecuteTask!;
        Assert.True(_lifetime.ApplicationStopping.IsCancellationRequested);
        Assert.Equal(1, Environment.ExitCode);
        Environment.ExitCode = 0;
        Assert.Equal(1, _state.OutboxRows);
    }

    [Fact]
    public void Beyond_its_bound_it_is_dropped_and_all_is_told_in_parts_that_fit_across_restarts()
    {
        var options = new WatcherOptions { Host = "here", OutboxLimit = 16 * 1024 };
        for (int directory = 0; directory < 40; directory++)
            Tell($"{directory:00}/", Enumerable.Range(0, 500).Select(i => $"{i:000}.jpg"));
        var library = _library;
        // Nobody took those, and now each of 20,000 changes.
        _state.Transact(() => Outbox.Add(_state, library, [.. Events().Select(told => told with { Kind = FileEventKind.Changed })]));
        Assert.True(_state.OutboxBytes > 100 * options.OutboxLimit);

        var resyncs = new Resyncs(_state, options, TimeProvider.System, () => { });
        var told = new Dictionary<string, FileEvent>();
        int parts = 0;
        for (bool begun = false; !begun || library.Resync is not null || _state.OutboxRows > 0; begun = true)
        {
            resyncs.Work([library]);
            Assert.InRange(_state.OutboxBytes, 0, options.OutboxLimit);
            parts += _state.OutboxRows > 0 ? 1 : 0;
            foreach (var change in Events())
                Assert.True(told.TryAdd(change.Path, change), $"{change.Path} is told twice.");
            _state.Transact(() =>
            {
                foreach (var row in Rows())
                    _state.RemoveOutbox(row.Sequence);
            });

            // Killed between two parts.
            _state.Dispose();
            _state = new StateDatabase(File);
            library = Assert.Single(_state.Libraries());
            resyncs = new Resyncs(_state, options, TimeProvider.System, () => { });
        }

        Assert.True(parts > 3);
        Assert.Equal(20_000, told.Count);
        Assert.All(told.Values, change => Assert.True(change.Version > library.Floor));
    }

    [Fact]
    public void What_waits_of_a_paused_library_is_no_matter_of_another()
    {
        for (int i = 0; i < 100; i++)
            Tell($"{i}/", ["a.jpg"]);
        _library.IsPaused = true;
        WatchedLibrary? other = null;
        _state.Transact(() =>
        {
            _state.SaveLibrary(_library);
            other = _state.AddLibrary(new Library { Id = "other", Name = "other", Host = "here", Path = "/other" });
        });
        Assert.Equal((100, 0), (_state.OutboxRowsOf(_library), _state.OutboxRowsOf(other!)));

        var resyncs = new Resyncs(_state, new WatcherOptions { Host = "here" }, TimeProvider.System, () => { });
        resyncs.Begin(other!);
        resyncs.Work([_library, other!]);
        Assert.Null(other!.Resync);
        Assert.Equal((100, 100), (_state.OutboxRowsOf(_library), _state.OutboxRows));
    }

    [Fact]
    public void What_moved_with_its_directory_is_told_from_where_it_was_though_it_changes_before_or_moves_on()
    {
        Tell("before/", ["a", "b", "c", "d"]);
        _state.Transact(() => RemoveAll());
        Move("before/", "after/", Version + 1);
        Assert.Equal([4], Rows().Select(row => row.Count));
        Assert.Equal(Moves("before/", "after/", "a", "b", "c", "d"), Told());

        // Its rows are read by a process that comes later.
        _state.Dispose();
        _state = new StateDatabase(File);
        long bytes = _state.OutboxBytes;
        _state.Transact(() =>
        {
            _state.Put(_library, Entry("a"), Entry("a") with { Version = Version + 2 });
            _state.Remove(_library, Entry("b"));
        });
        Assert.Equal(Moves("before/", "after/", "a", "b", "c", "d"), Told());
        Assert.True(_state.OutboxBytes > bytes);

        Move("after/", "again/", Version + 3);
        Move("again/", "before/", Version + 4);
        Assert.Equal(
            [.. Moves("before/", "after/", "a", "b", "c", "d"), .. Moves("after/", "again/", "a", "c", "d"),
             .. Moves("again/", "before/", "a", "c", "d")],
            Told());
        _state.Transact(() => RemoveAll());
        Assert.Equal(0, _state.OutboxBytes);
    }

    [Fact]
    public void What_a_crash_kept_from_being_told_of_a_directory_that_moved_is_told_at_the_next_start()
    {
        Tell("before/", ["a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"]);
        Tell("before/sub/", ["f.jpg"]);
        _state.Transact(() => RemoveAll());
        var root = new DirectoryNode(_library, null, []) { Identity = default };
        var node = new DirectoryNode(_library, root, "after"u8.ToArray()) { Identity = default };
        root.Attach(node);
        using var inotify = new Inotify();
        var disk = new KernelDisk(inotify);
        var options = new WatcherOptions { Host = "here" };
        var planner = new Planner(_state, new DirectoryTree(disk), options, new IndexersClock(TimeProvider.System)) { MovedAtOnce = 2 };
        _state.Transact(() => Assert.Equal(2, planner.Bring(new Queue<MovedDirectory>([new MovedDirectory(node, "before/"u8.ToArray())]))));
        Assert.Equal(Moves("before/", "after/", "a.jpg", "b.jpg"), Told());

        _state.Dispose();
        _state = new StateDatabase(File);
        var library = Assert.Single(
            new Tracker(_state, disk, options, TimeProvider.System, NullLogger.Instance, () => { }, _ => { }).Libraries);
        Assert.Equal(Moves("before/", "after/", "a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"), Told());
        Assert.Empty(_state.MovesToTell());
        // Where that has gone is a matter of the comparison that follows.
        Assert.Equal(
            ["after/", "before/", "before/sub/"], _state.DirectoriesBelow(library, []).Select(row => Encoding.UTF8.GetString(row.Path)));
        var moved = _state.EntriesOf(_state.FindDirectory(library, "after/"u8)!.Value).ToList();
        Assert.Equal(["a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"], moved.Select(entry => Encoding.UTF8.GetString(entry.Key.Name)));
        // And the one in the directory below, whose digest is 1.
        Assert.Equal(library.Digest, moved.Sum(entry => (long)entry.Digest) + 1);
    }

    [Fact]
    public void An_outbox_of_the_first_version_is_taken_over()
    {
        Tell("", ["a"]);
        _state.Dispose();
        Assert.Equal(raw.SQLITE_OK, raw.sqlite3_open(File, out var database));
        using (database)
        {
            foreach (string column in (string[])["kind", "directory", "version", "first", "last", "before"])
                Assert.Equal(raw.SQLITE_OK, raw.sqlite3_exec(database, $"ALTER TABLE outbox DROP COLUMN {column}"));
            foreach (string column in (string[])["before", "told"])
                Assert.Equal(raw.SQLITE_OK, raw.sqlite3_exec(database, $"ALTER TABLE directory DROP COLUMN {column}"));
            Assert.Equal(raw.SQLITE_OK, raw.sqlite3_exec(database, "PRAGMA user_version = 1"));
        }

        _state = new StateDatabase(File);
        Tell("", ["b", "c"]);
        Assert.Equal(["a", "b", "c"], Events().Select(told => told.Path));
    }

    private static IEnumerable<(string?, string)> Moves(string before, string after, params string[] names) =>
        names.Select(name => ((string?)(before + name), after + name));

    private IEnumerable<(string?, string)> Told() => Events().Select(told => (told.OldPath, told.Path));

    private void RemoveAll()
    {
        foreach (var row in Rows())
            _state.RemoveOutbox(row.Sequence);
    }

    private void Move(string before, string after, long version) => _state.Transact(() =>
    {
        byte[] from = Encoding.UTF8.GetBytes(before), to = Encoding.UTF8.GetBytes(after);
        _state.MoveDirectory(new DirectoryRow(_row, _library.Row, from), to);
        var recorded = _state.EntriesOf(_row).ToList();
        var told = recorded.ConvertAll(entry => (to, entry with { Version = version }));
        foreach (var (was, (_, entry)) in recorded.Zip(told))
            _state.Update(_library, was, entry);
        Outbox.Add(_state, _library, FileEventKind.Moved, told, from);
    });

    // As a plan does.
    private void Tell(string directory, IEnumerable<string> names, long version = Version) => _state.Transact(() =>
    {
        byte[] path = Encoding.UTF8.GetBytes(directory);
        _row = _state.FindOrAddDirectory(_library, path);
        var told = names.Select(name => (path, new Entry
        {
            Key = new EntryKey(_row, Encoding.UTF8.GetBytes(name)),
            PhotoId = Guid.NewGuid(),
            Version = version,
            Size = 1,
            Modified = new FileTime(1, 0),
            Identity = new FileIdentity(1, 1, 0),
            Digest = 1,
        })).ToList();
        foreach (var (_, entry) in told)
            _state.Put(_library, before: null, entry);
        Outbox.Add(_state, _library, FileEventKind.Created, told);
    });

    private Entry Entry(string name) => _state.Find(new EntryKey(_row, Encoding.UTF8.GetBytes(name)))!;

    private OutboxPublisher Publisher(Bus bus)
    {
        var options = new WatcherOptions { Host = "here", MessagesInFlight = 4, StateDirectory = _directory };
        var directory = new StateDirectory(options, TimeProvider.System, NullLogger<StateDirectory>.Instance);
        return new OutboxPublisher(
            _state, new OutboxSignal(), bus, Options.Create(options), new WatcherEnd(directory, _lifetime, NullLogger<WatcherEnd>.Instance),
            NullLogger<OutboxPublisher>.Instance);
    }

    private IReadOnlyList<OutboxRow> Rows() => _state.ReadOutbox(0, int.MaxValue);

    private List<FileEvent> Events() =>
        [.. Rows().SelectMany(row => row.Events)];

    private sealed class Bus : IConfirmedPublisher
    {
        public ConcurrentQueue<FileEvents> Sent { get; } = new();

        public Task PublishAsync<TMessage>(TMessage message, CancellationToken cancellationToken)
            where TMessage : class
        {
            Sent.Enqueue((FileEvents)(object)message);
            return Task.CompletedTask;
        }

        public Task PublishAsync<TMessage>(TMessage message, TimeSpan timeout, CancellationToken cancellationToken)
            where TMessage : class => PublishAsync(message, cancellationToken);
    }
}
