using System.Text;

namespace WatchPhoto.Indexer.Catalog;

/// <summary>
/// The order of paths everywhere: by their UTF-8 bytes, which is by code points, and not as .NET compares strings
/// (by UTF-16 units, where U+1F4F7 comes before U+E000).
/// </summary>
internal static class PathOrder
{
    public static int Compare(string left, string right)
    {
        int same = left.AsSpan().CommonPrefixLength(right);
        if (same == left.Length || same == right.Length)
            return left.Length - right.Length;
        char a = left[same], b = right[same];
        // A surrogate stands for a code point above all that need none.
        return char.IsSurrogate(a) == char.IsSurrogate(b) ? a - b : char.IsSurrogate(a) ? 1 : -1;
    }

    /// <summary>The first text behind everything that starts so; null: there is none.</summary>
    public static string? Behind(string prefix)
    {
        for (int end = prefix.Length; end > 0;)
        {
            Rune.DecodeLastFromUtf16(prefix.AsSpan(0, end), out var last, out int length);
            end -= length;
            if (last.Value == 0x10FFFF)
                continue;
            var next = last.Value == 0xD7FF ? new Rune(0xE000) : new Rune(last.Value + 1);
            return string.Concat(prefix.AsSpan(0, end), next.ToString());
        }

        return null;
    }
}
