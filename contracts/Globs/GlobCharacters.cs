using System.Text;

namespace WatchPhoto.Contracts;

/// <summary>One character of those in brackets: <c>[a-z_]</c>; or of all others: <c>[!a-z]</c>.</summary>
internal sealed class GlobCharacters
{
    private readonly List<(Rune From, Rune To)> _ranges = [];
    private bool _isNegated;

    private GlobCharacters()
    {
    }

    /// <summary>Where the bracket that opens at a place closes.</summary>
    public static int End(string text, int open, string glob)
    {
        int first = open + 1;
        if (first < text.Length && text[first] is '!' or '^')
            first++;
        for (int i = first; i < text.Length; i++)
        {
            if (text[i] == ']' && i > first)
                return i;
            if (text[i] == '/')
                break;
            if (text[i] == '\\')
                i++;
        }

        throw GlobRules.Refused(
            glob, "has a bracket that is not closed before the name ends: close it, or write \\[ for a bracket itself.");
    }

    /// <param name="text">From bracket to bracket.</param>
    public static GlobCharacters Parse(ReadOnlySpan<char> text, string glob)
    {
        var characters = new GlobCharacters();
        text = text[1..^1];
        if (text[0] is '!' or '^')
        {
            characters._isNegated = true;
            text = text[1..];
        }

        while (text.Length > 0)
        {
            if (text.StartsWith("[:"))
                throw GlobRules.Refused(
                    glob,
                    "has a class of characters in brackets, which is not known here: "
                        + "write ranges as in [a-z], or \\[ for a bracket itself.");
            var from = Take(ref text);
            var to = from;
            if (text.Length > 1 && text[0] == '-')
            {
                text = text[1..];
                to = Take(ref text);
            }

            if (to < from)
                throw GlobRules.Refused(glob, $"has the range {from}-{to} in brackets, in which there is nothing: write {to}-{from}.");
            characters._ranges.Add((from, to));
        }

        return characters;
    }

    public bool Contains(Rune rune, bool ignoreCase) => _isNegated
        != (IsInRange(rune) || (ignoreCase && (IsInRange(Rune.ToUpperInvariant(rune)) || IsInRange(Rune.ToLowerInvariant(rune)))));

    private bool IsInRange(Rune rune)
    {
        foreach (var (from, to) in _ranges)
        {
            if (from <= rune && rune <= to)
                return true;
        }

        return false;
    }

    private static Rune Take(ref ReadOnlySpan<char> text)
    {
        if (text[0] == '\\')
            text = text[1..];
        Rune.DecodeFromUtf16(text, out var rune, out int length);
        text = text[length..];
        return rune;
    }
}
