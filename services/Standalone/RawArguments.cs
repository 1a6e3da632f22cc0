using System.Text.Unicode;
using Mono.Unix;

namespace WatchPhoto.Standalone;

/// <summary>
/// The arguments of this process, without a loss. .NET makes the same sign of all bytes that are not UTF-8, so that a name
/// which has some names nothing; the kernel still has the bytes.
/// </summary>
internal static class RawArguments
{
    private const char Nul = '\0';

    /// <returns>Those that are not UTF-8 as <see cref="UnixEncoding"/> writes them: with a NUL, which no argument can have.</returns>
    public static string[] Of(string[] arguments)
    {
        var raw = Split(File.ReadAllBytes("/proc/self/cmdline"));
        // The program, and what starts it, are before them.
        int first = raw.Count - arguments.Length;
        return first < 0
            ? arguments
            : [.. arguments.Select((argument, i) => Utf8.IsValid(raw[first + i]) ? argument : UnixEncoding.Instance.GetString(raw[first + i]))];
    }

    public static bool AreBytes(string argument) => argument.Contains(Nul);

    private static List<byte[]> Split(ReadOnlySpan<byte> line)
    {
        var arguments = new List<byte[]>();
        for (int end; (end = line.IndexOf((byte)Nul)) >= 0; line = line[(end + 1)..])
            arguments.Add(line[..end].ToArray());
        return arguments;
    }
}
