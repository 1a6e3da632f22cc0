namespace WatchPhoto.Indexer.Consuming;

/// <summary>A message that is never applied as it is: it goes to the error queue at once, with this reason.</summary>
public sealed class RefusedMessageException(string reason) : Exception(reason);
