using System.Text.Json;
using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Libraries;

namespace WatchPhoto.Watcher.State;

/// <summary>Events on their way into the outbox: rows no larger than a message.</summary>
internal static class Outbox
{
    // Of an event beside its path.
    private const int EventBytes = 300;
    // A byte of a path in JSON at worst: \u0001.
    private const int PathByteBytes = 6;

    public static void Add(StateDatabase state, WatchedLibrary library, List<FileEvent> events)
    {
        if (IsToldAnyway(library))
            return;

        for (int start = 0; start < events.Count;)
        {
            int count = Math.Min(FileEvents.MaxEvents, events.Count - start);
            byte[] json = Json(events.GetRange(start, count));
            // Long paths: fewer events make the message.
            while (json.Length > FileEvents.MaxBytes && count > 1)
                json = Json(events.GetRange(start, count = (count + 1) / 2));
            state.AddOutbox(library, count, json);
            start += count;
        }
    }

    /// <summary>
    /// Tells of entries that have the same version, and no others of the state have. They are read when they are sent, those of
    /// one directory together: a first scan writes each entry once, not twice.
    /// </summary>
    /// <param name="before">Of moved ones, the directory where all were before.</param>
    public static void Add(
        StateDatabase state, WatchedLibrary library, FileEventKind kind, List<(byte[] Directory, Entry Entry)> told, byte[]? before = null)
    {
        if (IsToldAnyway(library))
            return;

        told.Sort((left, right) => left.Entry.Key.CompareTo(right.Entry.Key));
        for (int start = 0, end; start < told.Count; start = end)
        {
            var (directory, first) = told[start];
            int bytes = 0;
            for (end = start; end < told.Count && end - start < FileEvents.MaxEvents && told[end].Entry.Key.Directory == first.Key.Directory; end++)
            {
                int name = told[end].Entry.Key.Name.Length;
                bytes += EventBytes + PathByteBytes * (directory.Length + name + (before is null ? 0 : before.Length + name));
                if (bytes > FileEvents.MaxBytes && end > start)
                    break;
            }

            // To find a few again among many would take longer than writing them twice.
            if (end - start > 1 && state.AreDense(first, told[end - 1].Entry, end - start))
                state.AddOutbox(library, end - start, kind, first, told[end - 1].Entry, before);
            else
                state.AddOutbox(library, end - start, Json(kind, directory, before, told[start..end].Select(one => one.Entry)));
        }
    }

    /// <summary>Events that say how entries of one directory are.</summary>
    /// <param name="before">Of moved ones, the directory where they were before.</param>
    public static byte[] Json(FileEventKind kind, byte[] directory, byte[]? before, IEnumerable<Entry> entries) =>
        Json([.. entries.Select(entry => entry.Event(kind, directory, before))]);

    private static byte[] Json(IReadOnlyList<FileEvent> events) =>
        JsonSerializer.SerializeToUtf8Bytes(events, StateJson.Default.IReadOnlyListFileEvent);

    // A resync that has not begun will tell all there is by then.
    private static bool IsToldAnyway(WatchedLibrary library) => library.Resync is { IsAtStart: true };
}

/// <summary>Events of one library that the bus has not confirmed yet.</summary>
internal sealed class OutboxRow
{
    private readonly FileEventKind _kind;
    private readonly byte[] _directory = [];
    private readonly byte[]? _before;
    private readonly IReadOnlyList<Entry> _entries = [];

    public OutboxRow(long sequence, string libraryId, long epoch, int count, byte[] events) =>
        (Sequence, LibraryId, Epoch, Count, Events) = (sequence, libraryId, epoch, count, events);

    /// <param name="entries">None: later rows tell of all.</param>
    /// <param name="before">Of moved ones, the directory where they were before.</param>
    public OutboxRow(
        long sequence, string libraryId, long epoch, FileEventKind kind, byte[] directory, byte[]? before, IReadOnlyList<Entry> entries)
    {
        (Sequence, LibraryId, Epoch, Count) = (sequence, libraryId, epoch, entries.Count);
        (_kind, _directory, _before, _entries) = (kind, directory, before, entries);
    }

    public long Sequence { get; }

    public string LibraryId { get; }

    public long Epoch { get; }

    public int Count { get; }

    /// <summary>JSON of an array of <see cref="FileEvent"/>; made when it is asked for, outside of the state's gate.</summary>
    public byte[] Events => field ??= Outbox.Json(_kind, _directory, _before, _entries);
}
