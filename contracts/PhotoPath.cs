using System.Text;
using System.Text.Unicode;

namespace WatchPhoto.Contracts;

/// <summary>
/// How the path of an entry, bytes on Linux, is written in messages and in the catalog: relative to the library's root,
/// components parted by <c>/</c>.
/// <para>
/// A name that is valid UTF-8 is itself. Any other name is percent-encoded (<c>%</c> and bytes of no character as
/// <c>%XX</c>) behind one more slash: <c>2024//caf%E9.jpg</c>. No name contains a slash or is empty, so an encoded name
/// never meets another, and everything below a directory still starts with that directory and a slash.
/// </para>
/// </summary>
public static class PhotoPath
{
    /// <summary>The most bytes of a path, in UTF-8.</summary>
    public const int LongestPath = 8 * 1024;

    /// <summary>The most names of a path.</summary>
    public const int MostComponents = 512;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="path">Components parted by <c>/</c>, relative; or absolute, for a library's root.</param>
    public static string Encode(ReadOnlySpan<byte> path)
    {
        if (Utf8.IsValid(path))
            return Encoding.UTF8.GetString(path);

        var text = new StringBuilder(path.Length + 16);
        bool first = true;
        foreach (var part in path.Split((byte)'/'))
        {
            if (!first)
                text.Append('/');
            first = false;
            var name = path[part];
            if (Utf8.IsValid(name))
                text.Append(Encoding.UTF8.GetString(name));
            else
                AppendEncoded(text.Append('/'), name);
        }

        return text.ToString();
    }

    /// <exception cref="FormatException"><see cref="Problem"/> has something to say of the path.</exception>
    public static byte[] Decode(string path)
    {
        if (Problem(path) is { } problem)
            throw new FormatException($"The path '{path}' {problem}.");

        using var bytes = new MemoryStream(path.Length + 16);
        foreach (var component in Components(path))
        {
            if (bytes.Length > 0)
                bytes.WriteByte((byte)'/');
            bytes.Write(component.StartsWith('/') ? DecodeName(component[1..])! : Strict.GetBytes(component));
        }

        return bytes.ToArray();
    }

    /// <summary>The bytes of a library's root (<see cref="Library.Path"/>), which has a slash before its first component.</summary>
    /// <exception cref="FormatException">The rest of it is no path.</exception>
    public static byte[] DecodeRoot(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return [(byte)'/', .. Decode(path[1..].TrimEnd('/'))];
    }

    /// <summary>What is wrong with a path, as the end of a sentence that starts with the path; null: nothing.</summary>
    public static string? Problem(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length == 0)
            return "is empty";
        // A character has three bytes at most.
        if (path.Length > LongestPath || (path.Length > LongestPath / 3 && Encoding.UTF8.GetByteCount(path) > LongestPath))
            return $"is longer than {LongestPath} bytes";
        // Asked of every path that comes, so a component is not copied where it need not be.
        for (int start = 0, end, components = 0; start <= path.Length; start = end + 1)
        {
            end = ComponentEnd(path, start);
            if (++components > MostComponents)
                return $"has more than {MostComponents} components";
            if (ProblemOf(path.AsSpan(start..end)) is { } problem)
                return problem;
        }

        return null;
    }

    /// <summary>The directories above an entry or directory, outermost first; the library's root is not among them.</summary>
    public static IEnumerable<string> Ancestors(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        for (int end = ComponentEnd(path, 0); end < path.Length; end = ComponentEnd(path, end + 1))
            yield return path[..end];
    }

    private static string? ProblemOf(ReadOnlySpan<char> component)
    {
        if (component.Length == 0)
            return "has an empty component";
        if (component is "." or "..")
            return $"has the component '{component}'";
        if (component.Contains('\0'))
            return "has a NUL character";
        if (component[0] == '/' && !IsEncodedName(component[1..].ToString()))
            return "starts with a slash, or has two in a row before a name that needs no encoding";
        return IsWellFormed(component) ? null : "is not valid Unicode";
    }

    private static IEnumerable<string> Components(string path)
    {
        for (int start = 0; ;)
        {
            int end = ComponentEnd(path, start);
            yield return path[start..end];
            if (end == path.Length)
                yield break;
            start = end + 1;
        }
    }

    // A component may start with a slash: the mark of an encoded name.
    private static int ComponentEnd(string path, int start)
    {
        int from = start < path.Length && path[start] == '/' ? start + 1 : start;
        int end = path.IndexOf('/', from);
        return end < 0 ? path.Length : end;
    }

    private static bool IsEncodedName(string text)
    {
        if (DecodeName(text) is not { } name || Utf8.IsValid(name) || name.AsSpan().IndexOfAny((byte)'/', (byte)0) >= 0)
            return false;
        var canonical = new StringBuilder(text.Length);
        AppendEncoded(canonical, name);
        return canonical.Equals(text);
    }

    private static byte[]? DecodeName(string text)
    {
        if (!IsWellFormed(text))
            return null;
        var bytes = Strict.GetBytes(text);
        int length = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != '%')
            {
                bytes[length++] = bytes[i];
                continue;
            }

            if (i + 2 >= bytes.Length || !byte.TryParse(bytes.AsSpan(i + 1, 2), System.Globalization.NumberStyles.AllowHexSpecifier,
                    provider: null, out byte value))
                return null;
            bytes[length++] = value;
            i += 2;
        }

        return bytes[..length];
    }

    private static void AppendEncoded(StringBuilder text, ReadOnlySpan<byte> name)
    {
        while (name.Length > 0)
        {
            if (Rune.DecodeFromUtf8(name, out var rune, out int length) == System.Buffers.OperationStatus.Done && rune.Value != '%')
            {
                text.Append(rune.ToString());
            }
            else
            {
                foreach (byte b in name[..length])
                    text.Append('%').Append(b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
            }

            name = name[length..];
        }
    }

    private static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                return false;
            i++;
        }

        return true;
    }
}
