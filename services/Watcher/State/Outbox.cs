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
                bytes += MostBytes(told[end].Entry, directory, before);
                if (bytes > FileEvents.MaxBytes && end > start)
                    break;
            }

            // To find a few again among many would take longer than writing them twice.
            if (end - start > 1 && state.AreDense(first, told[end - 1].Entry, end - start))
                state.AddOutbox(library, end - start, kind, first, told[end - 1].Entry, before);
            else
                state.AddOutbox(library, end - start, Json(Events(kind, directory, before, told[start..end].Select(one => one.Entry))));
        }
    }

    /// <summary>Says how entries of one directory are.</summary>
    /// <param name="before">Of moved ones, the directory where they were before.</param>
    public static IReadOnlyList<FileEvent> Events(FileEventKind kind, byte[] directory, byte[]? before, IEnumerable<Entry> entries) =>
        [.. entries.Select(entry => entry.Event(kind, directory, before))];

    /// <summary>The most bytes that an event of an entry takes in a message.</summary>
    public static int MostBytes(Entry entry, byte[] directory, byte[]? before)
    {
        int name = entry.Key.Name.Length;
        return EventBytes + PathByteBytes * (directory.Length + name + (before is null ? 0 : before.Length + name));
    }

    public static byte[] Json(IReadOnlyList<FileEvent> events) =>
        JsonSerializer.SerializeToUtf8Bytes(events, StateJson.Default.IReadOnlyListFileEvent);

    /// <exception cref="StateException">This version of the program cannot read them.</exception>
    public static IReadOnlyList<FileEvent> Events(byte[] json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, StateJson.Default.IReadOnlyListFileEvent) ?? [];
        }
        catch (JsonException e)
        {
            throw new StateException(
                "What waits to be sent in the watcher's state database was written by a later version, or is damaged: start the later "
                + "version, or empty the state directory, and all is learned again from the disk and the catalog.", e);
        }
    }

    // A resync that has not begun will tell all there is by then.
    private static bool IsToldAnyway(WatchedLibrary library) => library.Resync is { IsAtStart: true };
}

/// <summary>Events of one library that the bus has not confirmed yet.</summary>
internal sealed class OutboxRow
{
    private readonly Func<IReadOnlyList<FileEvent>> _events;

    public OutboxRow(long sequence, string libraryId, long epoch, int count, byte[] json)
    {
        (Sequence, LibraryId, Epoch, Count, Bytes) = (sequence, libraryId, epoch, count, json.Length);
        _events = () => Outbox.Events(json);
    }

    /// <param name="entries">None: later rows tell of all.</param>
    /// <param name="before">Of moved ones, the directory where they were before.</param>
    public OutboxRow(
        long sequence, string libraryId, long epoch, FileEventKind kind, byte[] directory, byte[]? before, IReadOnlyList<Entry> entries)
    {
        (Sequence, LibraryId, Epoch, Count) = (sequence, libraryId, epoch, entries.Count);
        Bytes = entries.Sum(entry => Outbox.MostBytes(entry, directory, before));
        _events = () => Outbox.Events(kind, directory, before, entries);
    }

    public long Sequence { get; }

    public string LibraryId { get; }

    public long Epoch { get; }

    public int Count { get; }

    /// <summary>The most bytes that the events take in a message.</summary>
    public int Bytes { get; }

    /// <summary>Made when they are asked for, outside of the state's gate.</summary>
    /// <exception cref="StateException">This version of the program cannot read them.</exception>
    public IReadOnlyList<FileEvent> Events => field ??= _events();
}
