namespace WatchPhoto.Bus;

/// <summary>
/// A message that is never taken as it is: it goes to the error queue of its queue at once, where that has one, with this reason.
/// </summary>
/// <param name="reason">A sentence; of one that repeats much of the message, the beginning.</param>
public sealed class RefusedMessageException(string reason) : Exception(Bounded(reason))
{
    private const int Longest = 500;

    internal static string Bounded(string text, int longest = Longest) => text.Length <= longest ? text : text[..(longest - 1)] + "\u2026";
}
