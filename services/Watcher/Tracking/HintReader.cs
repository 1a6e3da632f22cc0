using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipes;
using Mono.Unix;
using WatchPhoto.Watcher.Kernel;

namespace WatchPhoto.Watcher.Tracking;

/// <summary>
/// Drains the kernel's queue on a thread of its own that waits for nothing else: what it reads goes, as it is, into a
/// bounded queue of chunks; when that is full, hints are dropped and said to be lost, as the kernel would.
/// The tracker reads, too, before it takes them: then it has the hints of all that it can have seen on the disk.
/// </summary>
internal sealed class HintReader : IDisposable
{
    private const int ChunkSize = 64 * 1024;
    private const int MostChunks = 512;

    private readonly ConcurrentQueue<(byte[] Buffer, int Length, long ReadAt)> _chunks = new();
    private readonly Inotify _inotify;
    private readonly TimeProvider _time;
    private readonly Action _arrived;
    private readonly Action<Exception> _failed;
    private readonly Thread _thread;
    private readonly Lock _reading = new();
    // Its other end is closed to stop the reading.
    private readonly AnonymousPipeServerStream _stop = new(PipeDirection.In);
    private int _lost;

    /// <param name="arrived">Called on the reader's thread when there is something to take.</param>
    /// <param name="failed">Called when the kernel cannot be read any more.</param>
    public HintReader(Inotify inotify, TimeProvider time, Action arrived, Action<Exception> failed)
    {
        (_inotify, _time, _arrived, _failed) = (inotify, time, arrived, failed);
        _thread = new Thread(Read) { IsBackground = true, Name = "hint reader" };
    }

    public void Start() => _thread.Start();

    /// <summary>Feeds the tracker the hints of all that has happened until now.</summary>
    public void Drain(Tracker tracker)
    {
        Fetch();
        while (_chunks.TryDequeue(out var chunk))
        {
            var events = new InotifyEvents(chunk.Buffer.AsSpan(0, chunk.Length));
            while (events.MoveNext())
                tracker.Hint(events.Watch, events.Mask, events.Cookie, events.Name);
            tracker.HintsRead(chunk.ReadAt);
            ArrayPool<byte>.Shared.Return(chunk.Buffer);
        }

        if (Interlocked.Exchange(ref _lost, 0) == 1)
            tracker.Overflow();
    }

    public void Dispose()
    {
        _stop.DisposeLocalCopyOfClientHandle();
        if (_thread.IsAlive)
            _thread.Join();
        _stop.Dispose();
    }

    private void Read()
    {
        try
        {
            while (_inotify.WaitForEvents(_stop.SafePipeHandle))
            {
                Fetch();
                _arrived();
            }
        }
        catch (UnixIOException exception)
        {
            _failed(exception);
        }
    }

    // Whoever reads puts what it has read into the queue before another reads on: it keeps its order.
    private void Fetch()
    {
        lock (_reading)
        {
            while (true)
            {
                var buffer = ArrayPool<byte>.Shared.Rent(ChunkSize);
                int length = _inotify.Read(buffer);
                if (length > 0 && _chunks.Count < MostChunks)
                {
                    _chunks.Enqueue((buffer, length, _time.GetTimestamp()));
                    continue;
                }

                ArrayPool<byte>.Shared.Return(buffer);
                if (length == 0)
                    return;
                Volatile.Write(ref _lost, 1);
            }
        }
    }
}
