using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using WatchPhoto.Contracts;
using WatchPhoto.Testing;
using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Kernel;
using WatchPhoto.Watcher.State;
using WatchPhoto.Watcher.Tracking;

namespace WatchPhoto.Watcher.Tests;

/// <summary>A watcher's inside on a real directory: kernel, tracker and state, without bus; its thread is a test's to stop.</summary>
internal sealed class LiveWatcher : IDisposable
{
    public const string Host = "here";

    private readonly string _base = Directory.CreateTempSubdirectory("watchphoto-").FullName;
    private WatcherOptions _options;
    private Inside? _inside;

    public LiveWatcher(params string[] include)
    {
        Root = Path.Combine(_base, "photos");
        Outside = Path.Combine(_base, "outside");
        Directory.CreateDirectory(Root);
        Directory.CreateDirectory(Outside);
        _options = new WatcherOptions
        {
            Host = Host,
            StateDirectory = Path.Combine(_base, "state"),
            RootCheckInterval = TimeSpan.FromMilliseconds(100),
            RewriteInterval = TimeSpan.FromMilliseconds(200),
            TroubleInterval = TimeSpan.FromMilliseconds(200),
        };
        Definition = new Library
        {
            Id = "library",
            Name = "Library",
            Host = Host,
            Path = Root,
            Include = include.Length == 0 ? ["**/*"] : include,
        };
    }

    public string Root { get; }

    /// <summary>A scan that misses more than this asks.</summary>
    public int MostDeletions { init => _options = _options with { MostDeletions = value }; }

    public string Outside { get; }

    /// <summary>Below which directories it watches at all.</summary>
    public string? Roots { get => _options.Roots; set => _options = _options with { Roots = value }; }

    public TimeSpan RootCheckInterval { init => _options = _options with { RootCheckInterval = value }; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>What stands between the tracker and the kernel's disk.</summary>
    public Func<IDisk, IDisk> Disk { get; init; } = disk => disk;

    /// <summary>The disk in between shows other inodes than find.</summary>
    public bool SeesOtherNumbers { get; init; }

    public Library Definition { get; set; }

    /// <summary>Every event told so far, across restarts.</summary>
    public List<FileEvent> Told { get; } = [];

    public int KernelWatches =>
        File.ReadLines($"/proc/self/fdinfo/{_inside!.Inotify.Descriptor}").Count(
            line => line.StartsWith("inotify", StringComparison.Ordinal));

    public string In(string path) => Path.Combine(Root, path);

    public void Write(string path, string content = "x")
    {
        Directory.CreateDirectory(Path.GetDirectoryName(In(path))!);
        File.WriteAllText(In(path), content);
    }

    public void Start()
    {
        StartUnannounced();
        Announce(Definition);
    }

    /// <summary>Starts with what is on the disk.</summary>
    /// <returns>The entries by path; of what was told of them nothing is kept.</returns>
    public Dictionary<string, Entry> Begin()
    {
        Start();
        var entries = Settled();
        Told.Clear();
        return entries;
    }

    /// <summary>Starts, and no indexer is there yet, or none announces: with what the state keeps.</summary>
    public void StartUnannounced() => _inside = new Inside(_options, Time, Disk);

    /// <param name="mode">"down": stopped, and started after it.</param>
    /// <param name="script">What a shell does in the root.</param>
    public void During(string mode, string script)
    {
        if (mode == "down")
            Stop();
        Shell.Run(script, Root);
        if (mode == "down")
            Start();
    }

    public void Ask(LibraryAction action) => _inside!.Post(
        tracker => tracker.Act(new LibraryActionRequested { LibraryId = Definition.Id, Action = action, Reason = "a test" }));

    /// <summary>Announces libraries as this watcher's own.</summary>
    public void Announce(params Library[] libraries) =>
        AnnounceAsIs([.. libraries.Select(library => library with { Owner = _inside!.State.Id })]);

    /// <summary>Announces libraries as owned by whom they say.</summary>
    public void AnnounceAsIs(params Library[] libraries) => _inside!.Post(tracker => tracker.Announced(libraries));

    /// <summary>Announces the library with an indexer's time.</summary>
    public void AnnounceAt(DateTimeOffset time, Library? library = null, Guid indexer = default) =>
        _inside!.Post(tracker => tracker.Announced([(library ?? Definition) with { Owner = _inside.State.Id }], indexer, time));

    /// <summary>Has the state keep a definition that nobody checked, as an older version may have.</summary>
    public void Keep(Library definition)
    {
        using var state = new StateDirectory(_options, Time, NullLogger<StateDirectory>.Instance).Open();
        lock (state.Gate)
        {
            var library = state.Libraries().Single(library => library.Id == definition.Id);
            library.Redefine(definition with { Owner = state.Id });
            state.Transact(() => state.SaveLibrary(library));
        }
    }

    public void Stop()
    {
        _inside!.Dispose();
        _inside = null;
    }

    /// <summary>The entries by path, once they are those of the disk.</summary>
    public Dictionary<string, Entry> Settled()
    {
        var patience = new Patience();
        while (true)
        {
            // A look takes the state from the tracker and a processor: there are none while it is at work.
            Wait.Until(() => _inside!.Ask(tracker => tracker.IsIdle));
            var entries = Entries();
            var disk = OnDisk();
            if (entries.Keys.ToHashSet().SetEquals(disk.Keys)
                && entries.All(
                    entry => disk[entry.Key].Item1 == entry.Value.Size
                        && (entry.Value.Identity.IsWeak || SeesOtherNumbers || disk[entry.Key].Item2 == entry.Value.Identity.Inode))
                && _inside!.Ask(tracker => tracker.IsIdle))
            {
                Collect();
                return Entries();
            }

            if (patience.IsOver())
            {
                Assert.Fail("The state is not the disk.\nDisk:  " + string.Join(", ", disk.Keys.Order(StringComparer.Ordinal))
                    + "\nState: " + string.Join(", ", entries.Keys.Order(StringComparer.Ordinal)));
            }

            Thread.Sleep(5);
        }
    }

    public T Ask<T>(Func<Tracker, T> question) => _inside!.Ask(question);

    public Dictionary<string, Entry> Entries()
    {
        var entries = new Dictionary<string, Entry>();
        lock (_inside!.State.Gate)
        {
            foreach (var library in _inside.State.Libraries())
            {
                foreach (var directory in _inside.State.DirectoriesBelow(library, []))
                {
                    foreach (var entry in _inside.State.EntriesOf(directory.Row))
                        entries.Add(PhotoPath.Encode([.. directory.Path, .. entry.Key.Name]), entry);
                }
            }
        }

        return entries;
    }

    public void Dispose()
    {
        _inside?.Dispose();
        // .NET cannot remove names that are not UTF-8.
        Shell.Run("rm -rf " + _base, "/");
    }

    private void Collect()
    {
        long after = 0;
        lock (_inside!.State.Gate)
        {
            foreach (var row in _inside.State.ReadOutbox(after, int.MaxValue))
                Told.AddRange(row.Events);
        }

        _inside.State.Transact(() =>
        {
            foreach (var row in _inside.State.ReadOutbox(after, int.MaxValue))
                _inside.State.RemoveOutbox(row.Sequence);
        });
    }

    // The oracle: the shell's own view of the tree.
    private Dictionary<string, (long, ulong)> OnDisk()
    {
        var found = new Dictionary<string, (long, ulong)>();
        foreach (var line in Find.Run(Root, "-type", "f", "-not", "-path", "*/.*", "-printf", "%s %i %P\\0"))
        {
            var text = Encoding.Latin1.GetString(line).Split(' ', 3);
            found.Add(PhotoPath.Encode(Encoding.Latin1.GetBytes(text[2])),
                (long.Parse(text[0], null), ulong.Parse(text[1], null)));
        }

        return found;
    }

    private sealed class Inside : IDisposable
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<Action<Tracker>> _requests = new();
        private readonly AutoResetEvent _wake = new(false);
        private readonly HintReader _reader;
        private readonly Thread _thread;
        private volatile bool _stop;
        private Exception? _failure;

        public Inside(WatcherOptions options, TimeProvider time, Func<IDisk, IDisk> disk)
        {
            Inotify = new Inotify();
            State = new StateDirectory(options, time, NullLogger<StateDirectory>.Instance).Open();
            _reader = new HintReader(Inotify, time, () => _wake.Set(), exception => _failure = exception);
            var tracker = new Tracker(State, disk(new KernelDisk(Inotify)), options, time, NullLogger.Instance, () => { }, _ => { });
            _thread = new Thread(() =>
            {
                try
                {
                    tracker.Start();
                    while (!_stop)
                    {
                        _reader.Drain(tracker);
                        while (_requests.TryDequeue(out var request))
                            request(tracker);
                        if (tracker.Work() is { } idle && idle > TimeSpan.Zero)
                            _wake.WaitOne(idle);
                    }
                }
                catch (Exception exception)
                {
                    _failure = exception;
                }
            }) { IsBackground = true };
            _reader.Start();
            _thread.Start();
        }

        public Inotify Inotify { get; }

        public StateDatabase State { get; }

        public void Post(Action<Tracker> request)
        {
            _requests.Enqueue(request);
            _wake.Set();
        }

        public T Ask<T>(Func<Tracker, T> question)
        {
            var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
            Post(tracker => answer.SetResult(question(tracker)));
            while (!answer.Task.Wait(50))
                Assert.True(_failure is null, _failure?.ToString());
            return answer.Task.Result;
        }

        public void Dispose()
        {
            _stop = true;
            _wake.Set();
            _thread.Join();
            _reader.Dispose();
            Inotify.Dispose();
            State.Dispose();
            _wake.Dispose();
        }
    }
}
