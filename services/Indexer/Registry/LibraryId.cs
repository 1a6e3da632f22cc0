using System.Text;

namespace WatchPhoto.Indexer.Registry;

/// <summary>Ids for libraries whose owner names none: what ASCII has of the name, and a number where that is taken.</summary>
internal static class LibraryId
{
    private const int LongestStem = 56;

    public static string From(string? name, IReadOnlySet<string> taken)
    {
        string stem = Stem(name ?? "");
        string id = stem;
        for (int number = 2; taken.Contains(id); number++)
            id = $"{stem}-{number}";
        return id;
    }

    private static string Stem(string name)
    {
        var stem = new StringBuilder();
        foreach (char letter in name.ToLowerInvariant())
        {
            if (stem.Length == LongestStem)
                break;
            if (char.IsAsciiLetterOrDigit(letter))
                stem.Append(letter);
            else if (stem.Length > 0 && stem[^1] != '-')
                stem.Append('-');
        }

        string id = stem.ToString().Trim('-');
        return id.Length > 0 ? id : "library";
    }
}
