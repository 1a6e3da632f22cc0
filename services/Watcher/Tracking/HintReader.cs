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
    // Below, a chunk is full: the kernel refuses to read into less than one event takes.
    private const int Room = 16 * InotifyEvents.MostBytes;
    // A file that is only written is waited for anyhow.
    private static readonly TimeSpan TellWritesAfter = TimeSpan.FromMilliseconds(500);
    // In the longest pause the fastest writer seen (800,000 writes a second, of two files in turns) does not fill the kernel's
    // queue; in the shortest it fills a tenth of it.
    private const int ShortestPause = 2; // ms
    private const int LongestPause = 16;
    // Bytes of events. When more have come in a pause, the next pause is the shortest.
    private const int MuchInAPause = 4 * 1024;

    private readonly ConcurrentQueue<Chunk> _chunks = new();
    private readonly Inotify _inotify;
    private readonly TimeProvider _time;
    private readonly Action _arrived;
    private readonly Action<Exception> _failed;
    private readonly Thread _thread;
    private readonly Lock _reading = new();
    // Its other end is closed to stop the reading.
    private readonly AnonymousPipeServerStream _stop = new(PipeDirection.In);
    private int _lost;
    // What was read and tells of writes alone. Changed while reading.
    private Chunk _kept;

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
        Fetch(all: true, out _);
        while (_chunks.TryDequeue(out var chunk))
        {
            var events = new InotifyEvents(chunk.Buffer.AsSpan(0, chunk.Length));
            while (events.MoveNext())
                tracker.Hint(events.Watch, events.Mask, events.Cookie, events.Name);
            tracker.HintsRead(chunk.ReadAt);
            ArrayPool<byte>.Shared.Return(chunk.Buffer!);
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
            int pause = 0;
            while (true)
            {
                switch (_inotify.WaitForEvents(_stop.SafePipeHandle, _kept.Length > 0 ? TellWritesAfter : null))
                {
                    case WaitedFor.Stop:
                        return;
                    case WaitedFor.Nothing:
                        _arrived();
                        break;
                    case WaitedFor.Events:
                        if (Fetch(all: false, out int bytes))
                        {
                            pause = 0;
                            _arrived();
                            break;
                        }

                        // Somebody writes on and on: of what nobody has read yet the kernel makes one event. The longer it
                        // goes on, the less often it is read.
                        Thread.Sleep(pause);
                        pause = bytes > MuchInAPause ? ShortestPause : Math.Clamp(pause * 2, ShortestPause, LongestPause);
                        break;
                }
            }
        }
        catch (UnixIOException exception)
        {
            _failed(exception);
        }
    }

    // Whoever reads puts what it has read into the queue before another reads on: it keeps its order. That a file was written,
    // and nothing else, is kept until there is more to tell: a copy of gigabytes tells it thousands of times.
    private bool Fetch(bool all, out int bytes)
    {
        bytes = 0;
        lock (_reading)
        {
            bool told = false;
            while (true)
            {
                var buffer = _kept.Buffer ?? ArrayPool<byte>.Shared.Rent(ChunkSize);
                int length = _inotify.Read(buffer.AsSpan(_kept.Length));
                var read = buffer.AsSpan(_kept.Length, length);
                bytes += length;
                if (length > 0 && !AreWrites(read))
                {
                    told = true;
                    Enqueue(new Chunk(buffer, _kept.Length + length, _time.GetTimestamp()));
                    continue;
                }

                // What was said last is said again: once is enough.
                if (!buffer.AsSpan(0, _kept.Length).EndsWith(read))
                    _kept = new Chunk(buffer, _kept.Length + length, _kept.Length == 0 ? _time.GetTimestamp() : _kept.ReadAt);
                if (_kept.Length > 0
                    && (all || _kept.Length > buffer.Length - Room || _time.GetElapsedTime(_kept.ReadAt) >= TellWritesAfter))
                {
                    told = true;
                    Enqueue(_kept);
                    continue;
                }

                if (length > 0)
                    continue;
                if (_kept.Length == 0)
                    ArrayPool<byte>.Shared.Return(buffer);
                return told;
            }
        }
    }

    private void Enqueue(Chunk chunk)
    {
        _kept = default;
        if (_chunks.Count < MostChunks)
        {
            _chunks.Enqueue(chunk);
            return;
        }

        ArrayPool<byte>.Shared.Return(chunk.Buffer!);
        Volatile.Write(ref _lost, 1);
    }

    private static bool AreWrites(ReadOnlySpan<byte> read)
    {
        var events = new InotifyEvents(read);
        while (events.MoveNext())
        {
            if (events.Mask != WatchMask.Modify)
                return false;
        }

        return true;
    }

    private readonly record struct Chunk(byte[]? Buffer, int Length, long ReadAt);
}
