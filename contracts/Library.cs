namespace WatchPhoto.Contracts;

/// <summary>A registered directory on one host.</summary>
public sealed record Library
{
    /// <summary>The kind that watchers take care of.</summary>
    public const string StoreKind = "store";

    /// <summary>The backend that watchers take care of.</summary>
    public const string LocalBackend = "local";

    /// <summary>Characters of an id.</summary>
    public const int MaxIdLength = 64;

    /// <summary>Characters of a name.</summary>
    public const int MaxNameLength = 200;

    /// <summary>Characters of a host's name.</summary>
    public const int MaxHostLength = 255;

    /// <summary>Characters of a path: the kernel takes no more bytes.</summary>
    public const int MaxPathLength = 4096;

    // Characters of a kind, and of a backend.
    private const int MaxKindLength = 64;

    public required string Id { get; init; }

    /// <summary>For people, without control characters.</summary>
    public required string Name { get; init; }

    public required string Host { get; init; }

    /// <summary>The library's root on its host, absolute, its names as <see cref="PhotoPath"/> writes them.</summary>
    public required string Path { get; init; }

    /// <summary>Globs of the files of interest; null: the usual photo extensions, in any case.</summary>
    public IReadOnlyList<string>? Include { get; init; }

    /// <summary>Globs of files and directories left out; null: the defaults.</summary>
    public IReadOnlyList<string>? Exclude { get; init; }

    public string Kind { get; init; } = StoreKind;

    public string Backend { get; init; } = LocalBackend;

    public WatchMode Watch { get; init; }

    /// <summary>Grows when the library's owner changes.</summary>
    public long Epoch { get; init; } = 1;

    /// <summary>The state of the watcher that takes care of it (<see cref="WatcherReport.StateId"/>); null: none has yet.</summary>
    public Guid? Owner { get; init; }

    /// <summary>The highest version the catalog holds of the library; a new version must be above it.</summary>
    public long HighestVersion { get; init; }

    /// <summary>Set once the library is removed: only then does its watcher let go of it.</summary>
    public DateTimeOffset? RemovedAt { get; init; }

    /// <summary>What is wrong with the definition by itself, in one sentence; null: nothing.</summary>
    public string? Problem()
    {
        if (string.IsNullOrEmpty(Id) || Id.Length > MaxIdLength || !char.IsAsciiLetterOrDigit(Id[0])
            || !Id.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-'))
            return "The id must be 1 to 64 letters, digits, dots, dashes and underscores, the first a letter or digit.";
        if (string.IsNullOrWhiteSpace(Name))
            return "The library needs a name.";
        if (Name.Length > MaxNameLength)
            return $"The name has {Name.Length} characters, more than {MaxNameLength}: choose a shorter one.";
        if (Name.Any(char.IsControl))
            return "The name has a control character: choose one of letters.";
        if (string.IsNullOrWhiteSpace(Host))
            return "The library needs a host: the name its watcher runs under.";
        if (Host.Length > MaxHostLength || Host.Any(char.IsControl))
            return $"The host has more than {MaxHostLength} characters, or a control character: "
                + "it must be the name its watcher runs under.";
        if (Kind is null or { Length: > MaxKindLength } || Backend is null or { Length: > MaxKindLength })
            return $"The kind and the backend have {MaxKindLength} characters at most: leave both out for a library that is watched.";
        if (Path?.Length > MaxPathLength)
            return $"The path has {Path.Length} characters, more than {MaxPathLength}: no directory has so long a one.";
        if (string.IsNullOrEmpty(Path) || Path[0] != '/')
            return $"The path '{Path}' is not absolute: start it with a slash.";
        if (Path.TrimEnd('/').Length == 0)
            return "The path '/' would be the whole host: name a directory below it.";
        return PhotoPath.Problem(Path[1..].TrimEnd('/')) is { } problem
            ? $"The path '{Path}' {problem}: write it without an empty, '.' or '..' component."
            : GlobRules.LengthProblem(Include) ?? GlobRules.LengthProblem(Exclude);
    }

    /// <summary>A name made of any text that is not empty, such as a directory's name: as much of it as a name may have.</summary>
    public static string NameOf(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MaxNameLength)
            text = text[..(char.IsHighSurrogate(text[MaxNameLength - 1]) ? MaxNameLength - 1 : MaxNameLength)];
        return text.Any(char.IsControl) ? string.Concat(text.Select(letter => char.IsControl(letter) ? '\ufffd' : letter)) : text;
    }

    /// <summary>What is wrong with it as part of a message, in one sentence; null: nothing.</summary>
    internal string? AnnouncedProblem() =>
        MessageBounds.ProblemOfId("id", Id)
        ?? MessageBounds.ProblemOfText("name", Name)
        ?? MessageBounds.ProblemOfText("host", Host)
        ?? MessageBounds.ProblemOfText("path", Path)
        ?? MessageBounds.ProblemOfText("kind", Kind, MessageBounds.LongestWord)
        ?? MessageBounds.ProblemOfText("backend", Backend, MessageBounds.LongestWord)
        ?? MessageBounds.ProblemOfItems(
            "include", Include ?? [], MessageBounds.MostLibraries, glob => MessageBounds.ProblemOfText("glob", glob))
        ?? MessageBounds.ProblemOfItems(
            "exclude", Exclude ?? [], MessageBounds.MostLibraries, glob => MessageBounds.ProblemOfText("glob", glob))
        ?? (Epoch < 0 ? $"The epoch is {Epoch}, but epochs start at 1." : null)
        ?? MessageBounds.ProblemOfVersion("highestVersion", HighestVersion);

    /// <summary>Whether one of the two paths is the other's or below it, on one host.</summary>
    public bool Overlaps(Library other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var left = Path.TrimEnd('/') + "/";
        var right = other.Path.TrimEnd('/') + "/";
        return Host == other.Host
            && (left.StartsWith(right, StringComparison.Ordinal) || right.StartsWith(left, StringComparison.Ordinal));
    }
}
