namespace WatchPhoto.Bus;

/// <summary>There is no history, for the reason and with the remedy that the message says.</summary>
public sealed class NoHistoryException(string message) : Exception(message);
