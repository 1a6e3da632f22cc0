using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog;

namespace WatchPhoto.Indexer.Consuming;

/// <summary>What a message must be beside what it is by itself (<see cref="FileEvents.Problem"/>). Who wrote it by hand reads the answer beside it in the error queue.</summary>
internal static class FileEventsRules
{
    private const string Remedy = "more than a day ahead of now: set the clock of its host right.";

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
                return $"events[{i}] has the version {message.Events[i].Version}, {Remedy}";
        }

        // Nor does a proof speak of what is to come.
        return message.Proof?.Version > latest ? $"The proof has the version {message.Proof.Version}, {Remedy}" : null;
    }
}
