using System.Collections.Frozen;
using System.Text;
using WatchPhoto.Contracts;

namespace WatchPhoto.Watcher.Libraries;

/// <summary>
/// Which files of a library are entries (<see cref="GlobRules"/>). What is excluded is not looked into: an excluded directory
/// costs no watch. An included directory stands for the files in it; another glob to include is of files.
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

    private readonly Rules _include;
    private readonly Rules _excludedFiles;
    private readonly Rules _excludedDirectories;

    /// <exception cref="FormatException">A glob cannot be understood.</exception>
    public LibraryFilter(IReadOnlyList<string>? include, IReadOnlyList<string>? exclude)
    {
        var included = GlobRules.Parse(include ?? DefaultInclude, ignoreCase: true);
        var excluded = GlobRules.Parse(exclude ?? DefaultExclude, ignoreCase: false);
        _include = new Rules(included.Select(glob => glob.IsDirectory ? glob.Inside() : glob), StringComparer.OrdinalIgnoreCase);
        _excludedFiles = new Rules(excluded.Where(glob => !glob.IsDirectory), StringComparer.Ordinal);
        _excludedDirectories = new Rules(excluded, StringComparer.Ordinal);
    }

    private LibraryFilter(string problem)
    {
        Problem = problem;
        _include = _excludedFiles = _excludedDirectories = new Rules([], StringComparer.Ordinal);
    }

    /// <summary>Why nothing is an entry: the library's globs are of an older version, or of a registry that nobody checked. Null: all is well.</summary>
    public string? Problem { get; }

    public static LibraryFilter Of(Library library) =>
        GlobRules.Problem(library) is { } problem ? new LibraryFilter(problem) : new LibraryFilter(library.Include, library.Exclude);

    /// <param name="directory">Relative to the library's root, with a slash at the end; empty for the root.</param>
    public bool IncludesFile(ReadOnlySpan<byte> directory, ReadOnlySpan<byte> name)
    {
        Span<char> buffer = stackalloc char[256];
        var file = Decode(name, buffer);
        return _include.Match(directory, file) && !_excludedFiles.Match(directory, file);
    }

    /// <param name="parent">Relative to the library's root, with a slash at the end; empty for the root.</param>
    public bool IncludesDirectory(ReadOnlySpan<byte> parent, ReadOnlySpan<byte> name)
    {
        Span<char> buffer = stackalloc char[256];
        return !_excludedDirectories.Match(parent, Decode(name, buffer));
    }

    /// <summary>Whether a file is an entry depends on its name alone, but for excluded directories.</summary>
    public bool IsOfNames => _include.AreOfNames && _excludedFiles.AreOfNames;

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

    // Bytes that are no character become one that no glob names; extensions and fixed parts still match.
    private static ReadOnlySpan<char> Decode(ReadOnlySpan<byte> bytes, Span<char> buffer) =>
        Encoding.UTF8.TryGetChars(bytes, buffer, out int written) ? buffer[..written] : Encoding.UTF8.GetString(bytes);

    // Nearly all globs are of a name or an extension, which are looked up: a scan asks a million times.
    private sealed class Rules
    {
        private readonly bool _everything;
        private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _names;
        private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _extensions;
        private readonly GlobSegment[] _segments;
        private readonly Glob[] _paths;

        public Rules(IEnumerable<Glob> globs, StringComparer comparer)
        {
            var ofName = globs.ToLookup(glob => glob.IsOfName);
            var segments = ofName[true].Select(glob => glob.Name).ToLookup(segment => segment switch
            {
                { IsAnything: true } => Form.Anything,
                { Name: not null } => Form.Name,
                { Extension: not null } => Form.Extension,
                _ => Form.Other,
            });
            _everything = segments[Form.Anything].Any();
            _names = segments[Form.Name].Select(segment => segment.Name!).ToFrozenSet(comparer).GetAlternateLookup<ReadOnlySpan<char>>();
            _extensions = segments[Form.Extension].Select(segment => segment.Extension!).ToFrozenSet(comparer).GetAlternateLookup<ReadOnlySpan<char>>();
            _segments = [.. segments[Form.Other]];
            _paths = [.. ofName[false]];
        }

        private enum Form
        {
            Anything,
            Name,
            Extension,
            Other,
        }

        public bool AreOfNames => _paths.Length == 0;

        public bool Match(ReadOnlySpan<byte> directory, ReadOnlySpan<char> name)
        {
            int dot = name.LastIndexOf('.');
            if (_everything || (dot >= 0 && _extensions.Contains(name[(dot + 1)..])) || _names.Contains(name))
                return true;
            foreach (var segment in _segments)
            {
                if (segment.IsMatch(name))
                    return true;
            }

            return _paths.Length > 0 && MatchPaths(directory, name);
        }

        private bool MatchPaths(ReadOnlySpan<byte> directory, ReadOnlySpan<char> name)
        {
            Span<char> buffer = stackalloc char[256];
            scoped ReadOnlySpan<char> above = default;
            bool isDecoded = false;
            foreach (var glob in _paths)
            {
                if (!glob.Name.IsMatch(name))
                    continue;
                if (!isDecoded)
                    above = Decode(directory, buffer);
                isDecoded = true;
                if (glob.IsMatchAbove(above))
                    return true;
            }

            return false;
        }
    }
}
