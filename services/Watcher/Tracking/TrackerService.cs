using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using WatchPhoto.Watcher.Kernel;
using WatchPhoto.Watcher.Publishing;
using WatchPhoto.Watcher.State;

namespace WatchPhoto.Watcher.Tracking;

/// <summary>The tracker's thread: feeds it hints and announcements, lets it work, and shows how it stands.</summary>
internal sealed partial class TrackerService : IHostedService, IDisposable
{
    private readonly ConcurrentQueue<Action<Tracker>> _requests = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly Inotify _inotify = new();
    private readonly HintReader _reader;
    private readonly StateDatabase _state;
    private readonly Tracker _tracker;
    private readonly StateDirectory _directory;
    private readonly WatcherStatus _status;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly ILogger<TrackerService> _log;
    private readonly Thread _thread;
    private volatile bool _stop;

    public TrackerService(
        StateDatabase state, StateDirectory directory, OutboxSignal outbox, CatalogPartRequester requester, WatcherStatus status, WatcherMetrics metrics, IOptions<WatcherOptions> options,
        TimeProvider time, IHostApplicationLifetime lifetime, ILogger<TrackerService> log)
    {
        (_state, _directory, _status, _lifetime, _log) = (state, directory, status, lifetime, log);
        _tracker = new Tracker(state, new KernelDisk(_inotify), options.Value, time, log, outbox.Raise, requester.Ask)
        {
            ChangeRecorded = metrics.Recorded,
        };
        _reader = new HintReader(_inotify, time, arrived: () => _wake.Set(), failed: Fail);
        _thread = new Thread(Run) { IsBackground = true, Name = "tracker" };
    }

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
        return _thread.IsAlive ? Task.Run(_thread.Join, cancellationToken) : Task.CompletedTask;
    }

    public void Dispose()
    {
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
            // Whatever it is, going on blindly would be wrong: the process ends, and compares everything when it is started again.
            Fail(exception);
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

    private void Fail(Exception exception)
    {
        LogFailed(exception);
        if (exception is StateException { IsCorrupt: true })
            _directory.Suspect();
        Environment.ExitCode = 1;
        _lifetime.StopApplication();
    }

    [LoggerMessage(LogLevel.Critical, "The tracker cannot go on; the watcher ends")]
    private partial void LogFailed(Exception exception);
}
