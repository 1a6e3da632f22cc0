using WatchPhoto.Contracts;

namespace WatchPhoto.Indexer.Registry;

/// <summary>What a library must be for the catalog to keep it, whoever wrote it down.</summary>
internal static class LibraryRules
{
    public const int LongestId = 200;

    /// <summary>What is wrong with the library, as the end of a sentence that starts with it; null: nothing.</summary>
    public static string? Problem(Library library) => library switch
    {
        _ when IdProblem(library.Id) is { } problem => problem,
        { Name: "" } => "has no name",
        { Host: "" } => "has no host",
        { Path: var path } when !path.StartsWith('/') => $"has the path '{path}', which is not absolute",
        { Epoch: < 1 } => "has an epoch below 1",
        _ => null,
    };

    // The id and a slash start the key of everything in the library, in one text with the path.
    private static string? IdProblem(string id) =>
        id.Length is 0 or > LongestId ? $"has an id that is not 1 to {LongestId} characters long"
        : id.AsSpan().IndexOfAny('/', '\0') >= 0 ? "has an id with a slash or a NUL character"
        : null;
}
