namespace WatchPhoto.Contracts;

/// <summary>Writes braces out: <c>a{b,c{d,e}}</c> is <c>ab</c>, <c>acd</c>, <c>ace</c>.</summary>
internal static class GlobBraces
{
    /// <param name="left">How many characters there may be, less those of what is returned.</param>
    /// <exception cref="FormatException">They are not closed, or make too much.</exception>
    public static IReadOnlyList<string> WriteOut(string glob, ref int left)
    {
        var alternatives = WriteOut(glob, glob, left);
        left -= Length(alternatives);
        return alternatives;
    }

    private static List<string> WriteOut(string text, string glob, int left)
    {
        int open = Next(text, 0, glob);
        if (open == text.Length)
            return [text];
        if (text[open] == '}')
            throw GlobRules.Refused(glob, "closes a brace that is not open: open it, or write \\} for a brace itself.");
        if (text[open] == ',')
            return WriteOutBehind(text, open + 1, glob, left);

        var parts = new List<string>();
        int depth = 0, start = open + 1;
        for (int i = open; ; i = Next(text, i + 1, glob))
        {
            if (i == text.Length)
                throw GlobRules.Refused(glob, "has a brace that is not closed: close it, or write \\{ for a brace itself.");
            depth += text[i] switch { '{' => 1, '}' => -1, _ => 0 };
            if (depth > 1 || (depth == 1 && text[i] != ','))
                continue;
            parts.Add(text[start..i]);
            start = i + 1;
            if (depth == 0)
                break;
        }

        if (parts.Count == 1)
            throw GlobRules.Refused(
                glob,
                "has braces around one alternative only: "
                    + "part several by commas as in *.{jpg,png}, or write \\{ and \\} for braces themselves.");

        var heads = new List<string>();
        foreach (var part in parts)
            heads.AddRange(WriteOut(part, glob, left));
        return Joined(text[..open], heads, WriteOut(text[start..], glob, left), glob, left);
    }

    // A comma outside of braces is one.
    private static List<string> WriteOutBehind(string text, int behind, string glob, int left) =>
        Joined(text[..behind], [""], WriteOut(text[behind..], glob, left), glob, left);

    private static List<string> Joined(string start, List<string> heads, List<string> tails, string glob, int left)
    {
        long length =
            (long)tails.Count * Length(heads) + (long)heads.Count * Length(tails) + (long)heads.Count * tails.Count * start.Length;
        if (length > left)
            throw GlobRules.Refused(
                glob,
                $"has braces that make more than {GlobRules.MaxWrittenOut} characters of its list when they are written out: "
                    + "say less in one list.");
        var joined = new List<string>(heads.Count * tails.Count);
        foreach (var head in heads)
        {
            foreach (var tail in tails)
                joined.Add(start + head + tail);
        }

        return joined;
    }

    // An empty one counts, too.
    private static int Length(List<string> texts) => texts.Sum(text => Math.Max(1, text.Length));

    // The next brace or comma that is neither escaped nor in brackets.
    private static int Next(string text, int from, string glob)
    {
        for (int i = from; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '{' or '}' or ',':
                    return i;
                case '\\':
                    i++;
                    break;
                case '[':
                    i = GlobCharacters.End(text, i, glob);
                    break;
            }
        }

        return text.Length;
    }
}
