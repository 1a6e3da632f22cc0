using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using WatchPhoto.Contracts;
using WatchPhoto.Watcher;
using WatchPhoto.Watcher.Kernel;
using WatchPhoto.Watcher.State;
using WatchPhoto.Watcher.Tracking;

namespace WatchPhoto.InnerLoops;

/// <summary>
/// A directory compared with the state: files that are all known, and files that are all new (looked at, planned, recorded,
/// and told to the outbox), on a real disk with a real database.
/// </summary>
[MemoryDiagnoser]
public class Planning : IDisposable
{
    private const int Files = 10_000;

    private readonly string _directory = Directory.CreateTempSubdirectory("watchphoto-").FullName;
    private readonly Inotify _inotify = new();
    private Tracker? _known;
    private StateDatabase? _state;
    private int _libraries;

    private string Photos => Path.Combine(_directory, "photos");

    [GlobalSetup]
    public void Make()
    {
        Directory.CreateDirectory(Photos);
        for (int i = 0; i < Files; i++)
            File.WriteAllText(Path.Combine(Photos, $"IMG_{i:00000}.jpg"), "");
        _known = Begin("known", out _state);
        Work(_known);
    }

    [Benchmark(OperationsPerInvoke = Files)]
    public void CompareUnchanged()
    {
        _known!.Act(new LibraryActionRequested { LibraryId = "bench", Action = LibraryAction.Compare, Reason = "measured" });
        Work(_known);
    }

    [Benchmark(OperationsPerInvoke = Files)]
    public void RecordNew()
    {
        Work(Begin($"new-{++_libraries}", out var state));
        state.Dispose();
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _state?.Dispose();
        _inotify.Dispose();
        if (Directory.Exists(_directory))
            Directory.Delete(_directory, recursive: true);
        GC.SuppressFinalize(this);
    }

    private Tracker Begin(string name, out StateDatabase state)
    {
        state = new StateDatabase(Path.Combine(_directory, name + ".db"));
        var tracker = new Tracker(
            state, new KernelDisk(_inotify), new WatcherOptions { Host = "bench", AuditInterval = TimeSpan.FromDays(365) }, TimeProvider.System,
            NullLogger.Instance, recorded: () => { }, ask: _ => { });
        tracker.Announced([new Library { Id = "bench", Name = "bench", Host = "bench", Path = Photos, Owner = state.Id }]);
        return tracker;
    }

    private static void Work(Tracker tracker)
    {
        do
        {
            tracker.Work();
        }
        while (!tracker.IsIdle);
    }
}
