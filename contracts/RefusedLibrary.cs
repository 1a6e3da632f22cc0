namespace WatchPhoto.Contracts;

public sealed record RefusedLibrary(string LibraryId, string Reason);
