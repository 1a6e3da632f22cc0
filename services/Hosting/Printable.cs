using System.Globalization;
using System.Text;

namespace WatchPhoto.Hosting;

/// <summary>
/// What a disk or a client has chosen (names of files, ids, reasons) may hold anything, also what a terminal would obey or what
/// looks like another line: for people each such character is written as its number.
/// </summary>
public static class Printable
{
    /// <summary>One line.</summary>
    public static string Text(string text) => Escaped(text, keepsLines: false);

    /// <summary>Any number of lines, as a stack has them.</summary>
    public static string Lines(string text) => Escaped(text, keepsLines: true);

    private static string Escaped(string text, bool keepsLines)
    {
        ArgumentNullException.ThrowIfNull(text);
        // Nearly all are of letters of ASCII alone.
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return text;
        var escaped = new StringBuilder(text.Length + 8);
        foreach (var letter in text.EnumerateRunes())
        {
            if (!IsUnprintable(letter) || (keepsLines && letter.Value is '\n' or '\r'))
                escaped.Append(letter.ToString());
            else if (letter.IsBmp)
                escaped.Append(CultureInfo.InvariantCulture, $"\\u{letter.Value:X4}");
            else
                escaped.Append(CultureInfo.InvariantCulture, $"\\U{letter.Value:X8}");
        }

        return escaped.ToString();
    }

    // Format characters turn the direction of writing around.
    private static bool IsUnprintable(Rune letter) =>
        Rune.GetUnicodeCategory(letter) is UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
