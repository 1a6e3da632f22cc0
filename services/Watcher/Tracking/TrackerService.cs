using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Kernel;
using WatchPhoto.Watcher.Publishing;
using WatchPhoto.Watcher.State;

namespace WatchPhoto.Watcher.Tracking;

/// <summary>The tracker's thread: feeds it hints and announcements, lets it work, and shows how it stands.</summary>
internal sealed class TrackerService : IHostedService, IDisposable
{
    private readonly ConcurrentQueue<Action<Tracker>> _requests = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly Inotify _inotify = new();
    private readonly HintReader _reader;
    private readonly StateDatabase _state;
    private readonly OutboxSignal _outbox;
    private readonly Tracker _tracker;
    private readonly WatcherStatus _status;
    private readonly WatcherEnd _end;
    private readonly Thread _thread;
    private volatile bool _stop;

    public TrackerService(
        StateDatabase state, OutboxSignal outbox, CatalogPartRequester requester, WatcherStatus status, WatcherMetrics metrics, IOptions<WatcherOptions> options,
        TimeProvider time, WatcherEnd end, ILogger<TrackerService> log)
    {
        (_state, _outbox, _status, _end) = (state, outbox, status, end);
        Disk = new KernelDisk(_inotify);
        _tracker = new Tracker(state, Disk, options.Value, time, log, outbox.Raise, requester.Ask)
        {
            ChangeRecorded = metrics.Recorded,
        };
        if (_tracker.AwaitsTime)
            outbox.Hold();
        _reader = new HintReader(_inotify, time, arrived: () => _wake.Set(), failed: end.Because);
        _thread = new Thread(Run) { IsBackground = true, Name = "tracker" };
    }

    /// <summary>For whoever only looks, on a thread of its own.</summary>
    public IDisk Disk { get; }

    /// <summary>Has the tracker's thread do something, soon.</summary>
    public void Post(Action<Tracker> request)
    {
        _requests.Enqueue(request);
        _wake.Set();
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _reader.Start();
        _thread.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _stop = true;
        _wake.Set();
        // However long it takes: the state and the kernel's handles, which it uses, are closed next.
        return _thread.IsAlive ? Task.Run(_thread.Join, CancellationToken.None) : Task.CompletedTask;
    }

    public void Dispose()
    {
        if (_thread.IsAlive)
            StopAsync(CancellationToken.None).GetAwaiter().GetResult();
        _reader.Dispose();
        _inotify.Dispose();
        _wake.Dispose();
    }

    private void Run()
    {
        try
        {
            bool hasCompared = false;
            _tracker.Start();
            while (!_stop)
            {
                _reader.Drain(_tracker);
                while (_requests.TryDequeue(out var request))
                    request(_tracker);
                var idle = _tracker.Work();
                _status.Update(_tracker);
                if (!_tracker.AwaitsTime)
                    _outbox.Open();
                if (idle <= TimeSpan.Zero)
                    continue;
                hasCompared |= _tracker.TakeHasCompared();
                if (hasCompared && _state.OutboxRowsToSend(_tracker.Libraries) == 0)
                {
                    GiveBackMemory();
                    hasCompared = false;
                }

                _wake.WaitOne(idle);
            }
        }
        catch (Exception exception)
        {
            // Whatever it is.
            _end.Because(exception);
        }
    }

    // A comparison, and telling of what it found, needs memory that nobody does while nothing happens, which is nearly always.
    private void GiveBackMemory()
    {
        lock (_state.Gate)
            _state.ShrinkMemory();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        Libc.TrimMemory();
    }
}
