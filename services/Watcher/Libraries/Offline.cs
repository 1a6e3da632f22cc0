namespace WatchPhoto.Watcher.Libraries;

/// <summary>Why the root of a library is not watched.</summary>
/// <param name="Reason">In a sentence, for whoever may help.</param>
/// <param name="IsRefused">The root may be there: it is not this library's to watch, or the library itself is not as it must be.</param>
internal sealed record Offline(string Reason, bool IsRefused);
