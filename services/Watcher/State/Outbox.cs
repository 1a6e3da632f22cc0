using System.Text.Json;
using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Libraries;

namespace WatchPhoto.Watcher.State;

/// <summary>Events on their way into the outbox: rows no larger than a message.</summary>
internal static class Outbox
{
    public static void Add(StateDatabase state, WatchedLibrary library, List<FileEvent> events)
    {
        // A resync that has not begun will tell all there is by then.
        if (library.Resync is { IsAtStart: true })
            return;

        for (int start = 0; start < events.Count;)
        {
            int count = Math.Min(FileEvents.MaxEvents, events.Count - start);
            byte[] json = Json(events, start, count);
            // Long paths: fewer events make the message.
            while (json.Length > FileEvents.MaxBytes && count > 1)
                json = Json(events, start, count = (count + 1) / 2);
            state.AddOutbox(library, count, json);
            start += count;
        }
    }

    private static byte[] Json(List<FileEvent> events, int start, int count) =>
        JsonSerializer.SerializeToUtf8Bytes(events.GetRange(start, count), StateJson.Default.IReadOnlyListFileEvent);
}
