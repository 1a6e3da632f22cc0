using WatchPhoto.Contracts;

namespace WatchPhoto.Indexer.Tests.Catalog.Convergence;

internal static class Deliveries
{
    /// <summary>Every event at least once, some again, in any order, packed into messages anyhow.</summary>
    public static List<FileEvents> Of(FileEvent[] events, string library, Random random)
    {
        FileEvent[] all = [.. events, .. events.Where(_ => random.Next(3) == 0)];
        random.Shuffle(all);
        List<FileEvents> messages = [];
        for (int start = 0; start < all.Length;)
        {
            int length = Math.Min(random.Next(1, 6), all.Length - start);
            messages.Add(Events.Message(library, all[start..(start + length)]));
            start += length;
        }

        return messages;
    }
}
