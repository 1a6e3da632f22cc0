using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog;

namespace WatchPhoto.Indexer.Consuming;

/// <summary>What a message must be to be applied. Who wrote it by hand reads the answer beside it in the error queue.</summary>
internal static class FileEventsRules
{
    private const long VersionLimit = 1L << 53;

    /// <summary>What is wrong with the message by itself, in one sentence; null: nothing.</summary>
    public static string? Problem(FileEvents message)
    {
        if (message.LibraryId.Length == 0)
            return "The libraryId is empty.";
        if (message.Epoch < 1)
            return $"The epoch is {message.Epoch}, but epochs start at 1.";
        if (message.Host.Length == 0)
            return "The host is empty.";
        if (message.Events.Count > FileEvents.MaxEvents || (message.Events.Count == 0 && message.Proof is null))
            return $"The message has {message.Events.Count} events; it must have 1 to {FileEvents.MaxEvents}.";

        for (int i = 0; i < message.Events.Count; i++)
        {
            if (Problem(message.Events[i]) is { } problem)
                return $"events[{i}] {problem}.";
        }

        return null;
    }

    /// <summary>Which event is of a clock that is ahead, in one sentence; null: none.</summary>
    /// <param name="held">
    /// The highest version that the catalog holds of the library: from there a watcher goes on though this clock is behind, or
    /// though its own has been ahead. Versions are an order, and only near to the time.
    /// </param>
    public static string? ClockProblem(FileEvents message, DateTimeOffset now, long held)
    {
        long latest = Math.Max(CatalogClock.VersionAt(now), held) + CatalogClock.MostAhead.Ticks / TimeSpan.TicksPerMicrosecond;
        for (int i = 0; i < message.Events.Count; i++)
        {
            if (message.Events[i].Version > latest)
                return $"events[{i}] {Ahead(message.Events[i])}.";
        }

        return null;
    }

    private static string Ahead(FileEvent change) =>
        $"has the version {change.Version}, more than a day ahead of now: set the clock of its host right";

    // The end of a sentence that starts with the event.
    private static string? Problem(FileEvent? change)
    {
        if (change is null)
            return "is null";
        if (!Enum.IsDefined(change.Kind))
            return $"has the kind {(int)change.Kind}, which is none";
        if (change.Version < 1)
            return $"has the version {change.Version}; versions are microseconds since 1970";
        if (change.Version > VersionLimit)
            return Ahead(change);
        if (PhotoPath.Problem(change.Path) is { } path)
            return $"has a path that {path}";

        return change.Kind switch
        {
            FileEventKind.Deleted or FileEventKind.DirectoryRemoved => null,
            FileEventKind.Moved when change.OldPath is null => "is a move without oldPath",
            FileEventKind.Moved when PhotoPath.Problem(change.OldPath) is { } oldPath => $"has an oldPath that {oldPath}",
            FileEventKind.Moved when change.OldPath == change.Path => "is a move from a path to itself",
            _ when change.PhotoId is null => "lacks the photoId",
            _ when change.PhotoId == Guid.Empty => "has an empty photoId",
            _ when change.File is null => "lacks the file: its size, modifiedAt and inode",
            _ when change.File.Size < 0 => "has a file of a negative size",
            _ => null,
        };
    }
}
