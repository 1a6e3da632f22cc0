namespace WatchPhoto.Contracts;

/// <summary>How much a message may hold, whatever its kind; what is particular to one kind is said at its fields.</summary>
public static class MessageBounds
{
    /// <summary>Bytes of JSON. More is refused before it is read.</summary>
    public const int MostBytes = 1024 * 1024;

    /// <summary>The same of messages that list all of something: announcements, reports, parts of a catalog.</summary>
    public const int MostBytesOfList = 16 * 1024 * 1024;

    /// <summary>Libraries that are announced, or reported of, at once.</summary>
    public const int MostLibraries = 20_000;

    /// <summary>Characters of a host's name.</summary>
    public const int LongestHost = 255;

    /// <summary>Characters of a library's id.</summary>
    public const int LongestId = 64;

    /// <summary>Characters of a reason or a remedy, which may have paths in them.</summary>
    public const int LongestText = 20_000;

    /// <summary>Characters of what has no meaning beyond a short word.</summary>
    public const int LongestWord = 200;

    /// <summary>Versions are below it: numbers that every reader of JSON keeps whole.</summary>
    public const long VersionLimit = 1L << 53;

    /// <summary>The most bytes of JSON of a kind of message.</summary>
    public static int MostBytesOf(Type message) =>
        message == typeof(LibrariesAnnounced) || message == typeof(WatcherReport) || message == typeof(CatalogPart)
            ? MostBytesOfList
            : MostBytes;

    internal static string? ProblemOfId(string name, string id) =>
        id.Length == 0 ? $"The {name} is empty."
        : id.Length > LongestId ? $"The {name} has {id.Length} characters; the longest has {LongestId}."
        : null;

    internal static string? ProblemOfHost(string host) =>
        host.Length == 0 ? "The host is empty."
        : host.Length > LongestHost ? $"The host has {host.Length} characters; the longest name has {LongestHost}."
        : host.Any(char.IsControl) ? "The host has control characters."
        : null;

    internal static string? ProblemOfText(string name, string? text, int longest = LongestText) =>
        text?.Length > longest ? $"The {name} has {text.Length} characters; the longest has {longest}." : null;

    internal static string? ProblemOfPath(string name, string? path) =>
        path is not null && PhotoPath.Problem(path) is { } problem ? $"The {name} is a path that {problem}." : null;

    internal static string? ProblemOfVersion(string name, long version) =>
        version is < 0 or >= VersionLimit ? $"The {name} is {version}; versions are microseconds since 1970." : null;

    /// <summary>The problem of the first item that has one; items of a list may be null whatever its type says.</summary>
    internal static string? ProblemOfItems<TItem>(string name, IReadOnlyList<TItem?> items, int most, Func<TItem, string?> problem)
        where TItem : class
    {
        if (items.Count > most)
            return $"There are {items.Count} {name}; the most are {most}.";
        for (int i = 0; i < items.Count; i++)
        {
            if (items[i] is not { } item)
                return $"{name}[{i}] is null.";
            if (problem(item) is { } text)
                return $"{name}[{i}]: {text}";
        }

        return null;
    }
}
