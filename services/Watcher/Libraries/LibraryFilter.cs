using System.Buffers;
using System.Text;
using DotNet.Globbing;
using WatchPhoto.Contracts;

namespace WatchPhoto.Watcher.Libraries;

/// <summary>
/// Which files of a library are entries. Globs are matched against the path relative to the library's root; one without
/// a slash against the name alone, at any depth. What is excluded is not looked into: an excluded directory costs no watch.
/// </summary>
internal sealed class LibraryFilter
{
    /// <summary>Extensions of photos, raw ones among them, in any case.</summary>
    public static readonly IReadOnlyList<string> DefaultInclude =
    [
        .. """
           jpg jpeg jpe jfif png gif bmp tif tiff webp avif heic heif hif jxl jp2 j2k jpf jpx svg psd psb tga ico
           3fr ari arw bay braw cap cr2 cr3 crw dcr dcs dng drf eip erf fff gpr iiq k25 kdc mdc mef mos mrw nef nrw
           orf pef ptx pxn r3d raf raw rw2 rwl rwz sr2 srf srw x3f
           """.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(extension => "*." + extension),
    ];

    /// <summary>Hidden ones, temporaries of editors and of synchronisers, thumbnails and bins of NAS systems.</summary>
    public static readonly IReadOnlyList<string> DefaultExclude =
    [
        ".*", "@eaDir", "#recycle", "@Recycle", "@Recently-Snapshot", "#snapshot", "lost+found", "$RECYCLE.BIN",
        "System Volume Information", "Thumbs.db", "*.part", "*.partial", "*.crdownload", "*.tmp", "*.temp", "*~", "~$*",
        "*_exiftool_tmp", "*.swp", "*.!sync", "*.!qB", "*.filepart",
    ];

    private static readonly SearchValues<char> NotLiteral = SearchValues.Create("*?[]!{}./\\");

    private static readonly SearchValues<char> NotName = SearchValues.Create("*?[]{}\\");

    private readonly HashSet<string> _extensions = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _extensionLookup;
    private readonly bool _everything;
    private readonly Rules _include;
    private readonly Rules _exclude;

    public LibraryFilter(IReadOnlyList<string>? include, IReadOnlyList<string>? exclude)
    {
        // The usual "*.jpg" needs no matcher; a scan asks a million times.
        var others = new List<string>();
        foreach (var glob in include ?? DefaultInclude)
        {
            if (glob == "**/*")
                _everything = true;
            else if (ExtensionOf(glob) is { } extension)
                _extensions.Add(extension);
            else
                others.Add(glob);
        }

        _extensionLookup = _extensions.GetAlternateLookup<ReadOnlySpan<char>>();
        _include = new Rules(others, ignoreCase: true, prunes: false);
        _exclude = new Rules(exclude ?? DefaultExclude, ignoreCase: false, prunes: true);
    }

    /// <summary>What is wrong with a library's globs, in one sentence; null: nothing.</summary>
    public static string? Problem(Library library)
    {
        foreach (var glob in (library.Include ?? []).Concat(library.Exclude ?? []))
        {
            try
            {
                _ = Glob.Parse(glob);
            }
            catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or NotImplementedException)
            {
                return $"'{glob}' is not a glob: {exception.Message}";
            }
        }

        return null;
    }

    /// <param name="directory">Relative to the library's root, with a slash at the end; empty for the root.</param>
    public bool IncludesFile(ReadOnlySpan<byte> directory, ReadOnlySpan<byte> name)
    {
        Span<char> buffer = stackalloc char[256];
        var file = Decode(name, buffer);
        if (!_everything && !HasExtension(file) && !_include.Match(directory, file))
            return false;
        return !_exclude.Match(directory, file);
    }

    /// <param name="parent">Relative to the library's root, with a slash at the end; empty for the root.</param>
    public bool IncludesDirectory(ReadOnlySpan<byte> parent, ReadOnlySpan<byte> name)
    {
        Span<char> buffer = stackalloc char[256];
        return !_exclude.Match(parent, Decode(name, buffer));
    }

    /// <summary>Whether a file is an entry depends on its name alone, but for excluded directories.</summary>
    public bool IsOfNames => _include.AreOfNames && _exclude.AreOfNames;

    /// <summary>Whether the file is an entry and no directory above it is excluded.</summary>
    public bool Includes(ReadOnlySpan<byte> directory, ReadOnlySpan<byte> name)
    {
        for (int start = 0; start < directory.Length;)
        {
            int length = directory[start..].IndexOf((byte)'/');
            if (!IncludesDirectory(directory[..start], directory.Slice(start, length)))
                return false;
            start += length + 1;
        }

        return IncludesFile(directory, name);
    }

    private bool HasExtension(ReadOnlySpan<char> file)
    {
        int dot = file.LastIndexOf('.');
        return dot >= 0 && _extensionLookup.Contains(file[(dot + 1)..]);
    }

    private static string? ExtensionOf(string glob)
    {
        var name = glob.StartsWith("**/", StringComparison.Ordinal) ? glob[3..] : glob;
        return name.StartsWith("*.", StringComparison.Ordinal) && !name.AsSpan(2).ContainsAny(NotLiteral) ? name[2..] : null;
    }

    // Bytes that are no character become one that no glob names; extensions and fixed parts still match.
    private static ReadOnlySpan<char> Decode(ReadOnlySpan<byte> bytes, Span<char> buffer) =>
        Encoding.UTF8.TryGetChars(bytes, buffer, out int written) ? buffer[..written] : Encoding.UTF8.GetString(bytes);

    private sealed class Rules
    {
        private readonly NameRule[] _simpleNames;
        private readonly Glob[] _names;
        private readonly Glob[] _paths;

        /// <param name="prunes">"x/**" excludes all below x: then x itself need not be looked into.</param>
        public Rules(IReadOnlyList<string> globs, bool ignoreCase, bool prunes)
        {
            var options = new GlobOptions { Evaluation = { CaseInsensitive = ignoreCase } };
            var trimmed = globs.Select(glob => prunes && glob.EndsWith("/**", StringComparison.Ordinal) ? glob[..^3] : glob)
                .Select(glob => glob.StartsWith("**/", StringComparison.Ordinal) && !glob.AsSpan(3).Contains('/') ? glob[3..] : glob)
                .ToList();
            var names = trimmed.ToLookup(glob => !glob.Contains('/'), glob => (Glob: glob, Simple: NameRule.Of(glob, ignoreCase)));
            _simpleNames = [.. names[true].Select(name => name.Simple).OfType<NameRule>()];
            _names = [.. names[true].Where(name => name.Simple is null).Select(name => Glob.Parse(name.Glob, options))];
            _paths = [.. trimmed.Where(glob => glob.Contains('/')).Select(glob => Glob.Parse(glob.TrimStart('/'), options))];
        }

        public bool AreOfNames => _paths.Length == 0;

        public bool Match(ReadOnlySpan<byte> directory, ReadOnlySpan<char> name)
        {
            foreach (var rule in _simpleNames)
            {
                if (rule.IsMatch(name))
                    return true;
            }

            foreach (var glob in _names)
            {
                if (glob.IsMatch(name))
                    return true;
            }

            if (_paths.Length == 0)
                return false;
            var path = string.Concat(Encoding.UTF8.GetString(directory), name);
            foreach (var glob in _paths)
            {
                if (glob.IsMatch(path))
                    return true;
            }

            return false;
        }
    }

    /// <summary>A glob for names with one star, at an end, or none: compared, where a matcher would take ten times as long.</summary>
    private readonly record struct NameRule(string Text, bool IsStart, bool IsEnd, StringComparison Comparison)
    {
        public static NameRule? Of(string glob, bool ignoreCase)
        {
            var text = glob.Trim('*');
            bool isStart = !glob.StartsWith('*'), isEnd = !glob.EndsWith('*');
            int stars = (isStart ? 0 : 1) + (isEnd ? 0 : 1);
            return stars > 1 || glob.Length != text.Length + stars || text.AsSpan().ContainsAny(NotName)
                ? null
                : new NameRule(text, isStart, isEnd, ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);
        }

        public bool IsMatch(ReadOnlySpan<char> name) => !IsEnd ? name.StartsWith(Text, Comparison)
            : !IsStart ? name.EndsWith(Text, Comparison)
            : name.Equals(Text, Comparison);
    }
}
