namespace WatchPhoto.Contracts;

/// <summary>
/// The language of a library's globs, that of <c>.gitignore</c> with braces, and its bounds: who registers a library and who
/// watches it refuse the same, with the same sentence. docs/globs.md tells it to people.
/// </summary>
public static class GlobRules
{
    /// <summary>Characters of one glob.</summary>
    public const int MaxLength = 500;

    /// <summary>Globs of one list.</summary>
    public const int MaxGlobs = 100;

    /// <summary>Characters of one list with its braces written out: what a name is compared with at most.</summary>
    public const int MaxWrittenOut = MaxLength * MaxGlobs;

    /// <summary>What is wrong with a library's globs, in one sentence that names the glob and the remedy; null: nothing.</summary>
    public static string? Problem(Library library)
    {
        ArgumentNullException.ThrowIfNull(library);
        if (library.Include is { Count: 0 })
            return "The include list is empty, so no file would be of interest: leave it out for the usual photo extensions, "
                + "or say **/* for every file.";
        return Problem(library.Include) ?? Problem(library.Exclude);
    }

    /// <summary>All alternatives of all globs.</summary>
    /// <exception cref="FormatException">One cannot be understood, or there are too many: the message is what
    /// <see cref="Problem(Library)"/> says.</exception>
    public static IReadOnlyList<Glob> Parse(IReadOnlyList<string> globs, bool ignoreCase)
    {
        ArgumentNullException.ThrowIfNull(globs);
        if (LengthProblem(globs) is { } problem)
            throw new FormatException(problem);
        var parsed = new List<Glob>();
        int left = MaxWrittenOut;
        foreach (var glob in globs)
        {
            RefuseUnreadable(glob);
            foreach (var alternative in GlobBraces.WriteOut(glob, ref left))
                parsed.Add(Glob.Parse(alternative, glob, ignoreCase));
        }

        return parsed;
    }

    /// <summary>What of a list is too many or too long, in one sentence; null: nothing.</summary>
    internal static string? LengthProblem(IReadOnlyList<string>? globs)
    {
        if (globs?.Count > MaxGlobs)
            return $"There are {globs.Count} globs in one list, more than {MaxGlobs}: "
                + $"say the same with fewer, for instance with braces as in *.{{jpg,png}}.";
        foreach (var glob in globs ?? [])
        {
            if (string.IsNullOrWhiteSpace(glob))
                return "A glob is empty: leave it out.";
            if (glob.Length > MaxLength)
                return Refused(
                    glob[..40] + "...", $"has {glob.Length} characters, more than {MaxLength}: write it shorter, or as several.").Message;
        }

        return null;
    }

    internal static FormatException Refused(string glob, string problem) => new($"The glob '{glob}' {problem}");

    private static string? Problem(IReadOnlyList<string>? globs)
    {
        try
        {
            _ = Parse(globs ?? [], ignoreCase: false);
            return null;
        }
        catch (FormatException exception)
        {
            return exception.Message;
        }
    }

    private static void RefuseUnreadable(string glob)
    {
        if (glob.Contains('\0'))
            throw Refused(glob.Replace('\0', '\ufffd'), "holds a NUL character, which no name can: leave it out.");
        if (glob[0] == '!')
            throw Refused(
                glob,
                $"begins with an exclamation mark, and nothing takes a glob back here: "
                    + $"leave it out, or write \\{glob} for a name that begins so.");
        for (int i = 0; i < glob.Length; i++)
        {
            if (glob[i] != '\\')
                continue;
            if (++i == glob.Length)
                throw Refused(glob, "ends with a backslash that escapes nothing: leave it out, or write two for a backslash itself.");
            // Git takes the letter. Who writes this has Windows in mind, and would wait for files for ever.
            if (char.IsLetterOrDigit(glob[i]) || glob[i] == '/')
                throw Refused(
                    glob,
                    $"has a backslash before '{glob[i]}', which needs none: slashes part directories, and two backslashes are one itself.");
        }
    }
}
