using WatchPhoto.Contracts;

namespace WatchPhoto.Indexer.Consuming;

/// <summary>What a message must be to be applied. Who wrote it by hand reads the answer beside it in the error queue.</summary>
internal static class FileEventsRules
{
    private const long VersionLimit = 1L << 53;
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromDays(1);

    /// <summary>What is wrong with the message, in one sentence; null: nothing.</summary>
    public static string? Problem(FileEvents message, DateTimeOffset now)
    {
        if (message.LibraryId.Length == 0)
            return "The libraryId is empty.";
        if (message.Epoch < 1)
            return $"The epoch is {message.Epoch}, but epochs start at 1.";
        if (message.Host.Length == 0)
            return "The host is empty.";
        if (message.Events.Count > FileEvents.MaxEvents || (message.Events.Count == 0 && message.Proof is null))
            return $"The message has {message.Events.Count} events; it must have 1 to {FileEvents.MaxEvents}.";

        long latest = Math.Min(VersionLimit, ((now + ClockTolerance) - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        for (int i = 0; i < message.Events.Count; i++)
        {
            if (Problem(message.Events[i], latest) is { } problem)
                return $"events[{i}] {problem}.";
        }

        return null;
    }

    // The end of a sentence that starts with the event.
    private static string? Problem(FileEvent? change, long latest)
    {
        if (change is null)
            return "is null";
        if (!Enum.IsDefined(change.Kind))
            return $"has the kind {(int)change.Kind}, which is none";
        if (change.Version < 1)
            return $"has the version {change.Version}; versions are microseconds since 1970";
        if (change.Version > latest)
            return $"has the version {change.Version}, more than a day ahead of now: set the clock of its host right";
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
