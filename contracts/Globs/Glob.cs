namespace WatchPhoto.Contracts;

/// <summary>
/// A glob without braces: what it says of each directory on the way and of the last name, from the library's root on.
/// </summary>
public sealed class Glob
{
    // Null: any directories, or none. The last one is of the name, and never null.
    private readonly GlobSegment?[] _segments;

    private Glob(GlobSegment?[] segments, bool isDirectory) => (_segments, IsDirectory) = (segments, isDirectory);

    /// <summary>Whether only a directory can match, and stands for all that is in it.</summary>
    public bool IsDirectory { get; }

    /// <summary>Whether it is of the name alone, at any depth.</summary>
    public bool IsOfName => _segments is [null, _];

    /// <summary>What it says of the name.</summary>
    public GlobSegment Name => _segments[^1]!;

    /// <summary>Of a directory's: what matches everything that is in it, at any depth.</summary>
    public Glob Inside() => new([.. _segments, null, GlobSegment.Anything], isDirectory: false);

    /// <summary>Whether the directories above the name are such as it says. Linear in them, as the name is.</summary>
    /// <param name="directory">Relative to the library's root, with a slash at the end; empty for the root.</param>
    public bool IsMatchAbove(ReadOnlySpan<char> directory)
    {
        var segments = _segments.AsSpan(..^1);
        int segment = 0, at = 0, any = -1, anyEnds = 0;
        while (at < directory.Length)
        {
            if (segment < segments.Length)
            {
                if (segments[segment] is not { } said)
                {
                    (any, anyEnds) = (++segment, at);
                    if (segment == segments.Length)
                        return true;
                    continue;
                }

                int length = directory[at..].IndexOf('/');
                if (said.IsMatch(directory.Slice(at, length)))
                {
                    segment++;
                    at += length + 1;
                    continue;
                }
            }

            if (any < 0)
                return false;
            anyEnds += directory[anyEnds..].IndexOf('/') + 1;
            (segment, at) = (any, anyEnds);
        }

        return segment == segments.Length || (segment == segments.Length - 1 && segments[segment] is null);
    }

    /// <param name="glob">As it was written, with its braces.</param>
    /// <exception cref="FormatException"/>
    internal static Glob Parse(string text, string glob, bool ignoreCase)
    {
        if (text.Length == 0)
            throw GlobRules.Refused(glob, "has an empty alternative: write without braces what is the same in all of them.");
        if (text.StartsWith("./", StringComparison.Ordinal))
            text = text[1..];
        bool isDirectory = text.EndsWith('/');
        var components = (isDirectory ? text[..^1] : text).Split('/');
        bool isAnchored = components.Length > 1;
        if (isAnchored && components[0].Length == 0)
            components = components[1..];
        if (components is [""])
            throw GlobRules.Refused(glob, "names the library's root itself: say **/* for all that is in it.");
        if (components.Contains(""))
            throw GlobRules.Refused(glob, "has two slashes in a row: write one.");

        var segments = new List<GlobSegment?>();
        if (!isAnchored)
            segments.Add(null);
        foreach (var component in components)
        {
            if (component != "**")
                segments.Add(Segment(component, glob, ignoreCase));
            else if (segments is not [.., null])
                segments.Add(null);
        }

        // "a/**" and "a/**/*" are all that is in a, as "/a/" is.
        if (!isDirectory && segments is [_, .., null, { IsAnything: true }])
            segments.RemoveAt(segments.Count - 1);
        if (segments is [_, .., null] && !isDirectory)
        {
            segments.RemoveAt(segments.Count - 1);
            isDirectory = true;
        }
        else if (segments is [.., null])
        {
            segments.Add(GlobSegment.Anything);
        }

        return new Glob([.. segments], isDirectory);
    }

    private static GlobSegment Segment(string component, string glob, bool ignoreCase)
    {
        var segment = GlobSegment.Parse(component, glob, ignoreCase);
        return segment.Name is "." or ".."
            ? throw GlobRules.Refused(glob, "has a '.' or '..' component, which no path in a library has: write it without.")
            : segment;
    }
}
