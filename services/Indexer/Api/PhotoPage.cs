namespace WatchPhoto.Indexer.Api;

/// <param name="After">Where the next page starts: its parameter <c>after</c>; absent on the last page.</param>
internal sealed record PhotoPage(IReadOnlyList<PhotoLine> Photos, string? After);
