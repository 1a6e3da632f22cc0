using WatchPhoto.Hosting;

namespace WatchPhoto.Bus;

/// <summary>
/// A message that is never taken as it is: it goes to the error queue of its queue at once, where that has one, with this reason.
/// </summary>
/// <param name="reason">A sentence; of one that repeats much of the message, the beginning.</param>
public sealed class RefusedMessageException(string reason) : Exception(Bounded(reason))
{
    private const int Longest = 500;

    // People read it in RabbitMQ's management, and programs print it.
    internal static string Bounded(string text) => Cut(Printable.Text(Cut(text, Longest)), Longest);

    internal static string Cut(string text, int longest) => text.Length <= longest ? text : text[..(longest - 1)] + "\u2026";
}
