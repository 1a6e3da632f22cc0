namespace WatchPhoto.Watcher.Tests;

/// <summary>
/// The language of globs without braces and escapes, tried out way by way: short enough to be seen right, and never fast.
/// </summary>
internal static class ReferenceGlob
{
    /// <summary>Whether a glob names a path, or one of the directories above it.</summary>
    public static bool Excludes(string glob, string path, bool isDirectory)
    {
        for (int slash = path.IndexOf('/'); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            if (Names(glob, path[..slash], isDirectory: true))
                return true;
        }

        return Names(glob, path, isDirectory) || (isDirectory && NamesAllIn(glob, path));
    }

    /// <summary>Whether a file is included: named itself, or in a directory that is named by a slash.</summary>
    public static bool Includes(string glob, string path)
    {
        if (!glob.EndsWith('/'))
            return Names(glob, path, isDirectory: false);
        for (int slash = path.IndexOf('/'); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            if (Names(glob, path[..slash], isDirectory: true))
                return true;
        }

        return false;
    }

    private static bool Names(string glob, string path, bool isDirectory)
    {
        if (glob.StartsWith("./", StringComparison.Ordinal))
            glob = glob[1..];
        if (glob.EndsWith('/'))
            return isDirectory && Names(glob[..^1], glob.AsSpan(..^1).Contains('/'), path);
        return Names(glob, glob.Contains('/'), path);
    }

    // Then nobody needs to look into it.
    private static bool NamesAllIn(string glob, string directory)
    {
        if (glob.EndsWith('/'))
            return false;
        while (glob.LastIndexOf('/') is > 0 and var last && glob[last..].Trim('*') == "/"
            && glob[..last].EndsWith("/**", StringComparison.Ordinal))
            glob = glob[..last];
        if (!glob.EndsWith("/**", StringComparison.Ordinal))
            return false;
        glob = glob.StartsWith("./", StringComparison.Ordinal) ? glob[1..^3] : glob[..^3];
        return glob.Length > 0 && Names(glob, isAnchored: true, directory);
    }

    private static bool Names(string glob, bool isAnchored, string path)
    {
        var components = path.Split('/');
        return isAnchored
            ? Path(glob.TrimStart('/').Split('/'), components)
            : Name(glob.TrimStart('/'), components[^1]);
    }

    private static bool Path(ReadOnlySpan<string> glob, ReadOnlySpan<string> path)
    {
        if (glob.Length == 0 || path.Length == 0)
            return glob.Length == 0 && path.Length == 0;
        if (glob[0] != "**")
            return Name(glob[0], path[0]) && Path(glob[1..], path[1..]);
        // At the end it is all that is in a directory, but not the directory.
        if (glob.Length == 1)
            return true;
        return Path(glob[1..], path) || Path(glob, path[1..]);
    }

    private static bool Name(ReadOnlySpan<char> glob, ReadOnlySpan<char> name)
    {
        if (glob.Length == 0)
            return name.Length == 0;
        if (glob[0] == '*')
            return Name(glob[1..], name) || (name.Length > 0 && Name(glob, name[1..]));
        if (name.Length == 0)
            return false;
        return glob switch
        {
            ['?', .. var rest] => Name(rest, name[1..]),
            ['[', 'a', 'b', ']', .. var rest] => name[0] is 'a' or 'b' && Name(rest, name[1..]),
            ['[', '!', 'a', ']', .. var rest] => name[0] != 'a' && Name(rest, name[1..]),
            _ => glob[0] == name[0] && Name(glob[1..], name[1..]),
        };
    }
}
