using System.Globalization;
using System.Text;

namespace WatchPhoto.Standalone;

/// <summary>Names of files may hold anything, also what a terminal would obey or what looks like another line.</summary>
internal static class Printable
{
    public static string Path(string path)
    {
        // Nearly all are of letters of ASCII alone.
        if (!path.AsSpan().ContainsAnyExceptInRange(' ', '~') || !path.Any(IsUnprintable))
            return path;
        var text = new StringBuilder(path.Length + 8);
        foreach (char letter in path)
        {
            if (IsUnprintable(letter))
                text.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:X4}");
            else
                text.Append(letter);
        }

        return text.ToString();
    }

    // Format characters turn the direction of writing around.
    private static bool IsUnprintable(char letter) =>
        char.GetUnicodeCategory(letter) is UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
