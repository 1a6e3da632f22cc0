using System.Diagnostics;
using System.Text;
using CsCheck;
using WatchPhoto.Contracts;
using WatchPhoto.Testing;
using WatchPhoto.Watcher.Libraries;

namespace WatchPhoto.Watcher.Tests;

/// <summary>The language of docs/globs.md: what a glob matches, what is refused, and what it costs.</summary>
public class GlobTests
{
    /// <summary>A glob, paths that it names, and paths that it does not; a directory's path ends in a slash.</summary>
    public static TheoryData<string, string, string> Language => new()
    {
        { "*.jpg", "a.jpg d/a.jpg .jpg", "a.JPG a.jpg.part d/jpg" },
        { "Raw", "Raw Raw/ d/Raw d/Raw/", "raw Raw2 aRaw d/e/Raws/" },
        { "Raw/", "Raw/ d/Raw/", "Raw d/Raw raw/" },
        { "/Raw", "Raw Raw/", "d/Raw d/Raw/" },
        { "./Raw", "Raw Raw/", "d/Raw d/Raw/" },
        { "./Raw/", "Raw/", "Raw d/Raw/" },
        { "d/Raw", "d/Raw d/Raw/", "Raw e/d/Raw" },
        { "**/Raw", "Raw Raw/ d/Raw d/e/Raw/", "aRaw d/Raws" },
        { "**/d/Raw", "d/Raw c/d/Raw b/c/d/Raw/", "Raw d/e/Raw ad/Raw" },
        { "d/**/Raw", "d/Raw d/e/Raw d/e/f/Raw/", "Raw c/d/Raw d/Raws" },
        { "d/*/Raw", "d/e/Raw", "d/Raw d/e/f/Raw" },
        { "d/*.jpg", "d/a.jpg d/.jpg", "a.jpg d/e/a.jpg c/d/a.jpg" },
        { "/*.jpg", "a.jpg", "d/a.jpg" },
        { "**/*.jpg", "a.jpg d/a.jpg d/e/a.jpg", "a.png" },
        { "20??/*", "2024/a 2024/d/", "20/a 20245/a 2024/" },
        { "a?c", "abc a?c aéc a😀c d/axc", "ac abbc" },
        { "a*c", "ac abc abbc", "a cb ab acd" },
        { "a**c", "ac abbc", "a/c" },
        { "*a*b*", "ab xaxbx aab", "ba a b" },
        { "[a-c]x", "ax bx cx", "dx x aax Ax" },
        { "[!a-c]x", "dx éx -x", "ax bx x" },
        { "[^a-c]x", "dx", "ax" },
        { "[]a]x", "]x ax", "bx" },
        { "[!]a]x", "bx", "]x ax" },
        { "[a-]x", "ax -x", "bx" },
        { "[\\]\\-\\\\]x", "]x -x \\x", "ax" },
        { "[é😀]x", "éx 😀x", "ex" },
        { "a]b", "a]b", "ab" },
        { "\\[", "[", "\\[ a" },
        { "\\*.jpg", "*.jpg", "a.jpg" },
        { "\\!a", "!a", "a" },
        { "#recycle", "#recycle d/#recycle/", "recycle" },
        { "*.{jpg,png}", "a.jpg d/a.png", "a.{jpg,png} a.gif a.jpgpng" },
        { "{a,b{c,d}}e", "ae bce bde", "be abe ce" },
        { "{2023,2024}/{a,b}.jpg", "2023/a.jpg 2024/b.jpg", "2025/a.jpg a.jpg" },
        { "{a/b,c}", "a/b c d/c", "d/a/b b" },
        { "a{,2}.jpg", "a.jpg a2.jpg", "a3.jpg" },
        { "{[a,b],c}x", "ax bx ,x cx", "[a,b]x dx" },
        { "a\\{b\\,c\\}", "a{b,c}", "ab ac" },
        { "a,b", "a,b", "a b" },
        { "**", "a d/a d/", "" },
        { "*", "a d/a d/", "" },
        { "a*a*a*a*b", "aaaab axaxaxaxb", "aaab aaaaa" },
        { "**/a/**/b/**/c", "a/b/c x/a/x/b/x/x/c", "a/c/b b/a/c a/b/x" },
    };

    [Theory, MemberData(nameof(Language))]
    public void A_glob_to_exclude_names_files_and_directories(string glob, string named, string others)
    {
        var filter = new LibraryFilter(["**/*"], [glob]);
        Assert.All(Words(named), path => Assert.False(IsIncluded(filter, path), $"{glob} does not name {path}"));
        Assert.All(Words(others), path => Assert.True(IsIncluded(filter, path), $"{glob} names {path}"));
    }

    [Theory, MemberData(nameof(Language))]
    public void A_glob_to_include_names_files_and_what_is_in_directories(string glob, string named, string others)
    {
        var filter = new LibraryFilter([glob], []);
        bool isDirectory = glob.EndsWith('/');
        Assert.All(Words(named).Where(path => isDirectory || !path.EndsWith('/')), path =>
            Assert.True(IsIncluded(filter, isDirectory ? path + "x/y.txt" : path), $"{glob} does not name {path}"));
        // In any case, which the table is not about.
        Assert.All(Words(others).Where(path => !path.EndsWith('/') && !(glob + path).Any(char.IsUpper)), path =>
            Assert.False(IsIncluded(filter, path), $"{glob} names {path}"));
    }

    [Theory]
    [InlineData("Raw/**", "Raw/", "d/Raw/ Raw")]
    [InlineData("./Raw/**", "Raw/", "d/Raw/")]
    [InlineData("/Raw/**/*", "Raw/", "d/Raw/")]
    [InlineData("**/Raw/**", "Raw/ d/Raw/", "Raw d/Raw")]
    [InlineData("d/**/Raw/**", "d/Raw/ d/e/Raw/", "Raw/ c/d/Raw/")]
    [InlineData("Raw/*", "Raw/a Raw/b/", "Raw/ a")]
    [InlineData("Raw/**/", "Raw/a/ Raw/a/b/", "Raw/ Raw/a d/Raw/a/")]
    [InlineData("**/", "a/ a/b/", "a")]
    [InlineData("/**", "a a/ a/b", "")]
    [InlineData("a/**/**/b", "a/b a/x/b", "b")]
    [InlineData("{Raw,Jpg}/**", "Raw/ Jpg/", "d/Raw/ d/Jpg/")]
    public void Everything_in_a_directory_prunes_the_directory_and_no_other(string glob, string named, string others) =>
        A_glob_to_exclude_names_files_and_directories(glob, named, others);

    [Theory]
    [InlineData("Raw/", "Raw/a raw/d/a d/RAW/a", "a Raw d/a")]
    [InlineData("Raw/**", "Raw/a raw/d/a", "d/Raw/a a Raw")]
    [InlineData("Raw/**/*", "Raw/a Raw/d/a", "d/Raw/a")]
    [InlineData("Raw/*", "Raw/a", "Raw/d/a a")]
    [InlineData("**/Raw/**/*.DNG", "Raw/a.dng d/Raw/e/a.Dng", "a.dng Raw/a.jpg")]
    [InlineData("**/*", "a d/a", "")]
    [InlineData("É*", "éa d/Éa", "ea")]
    [InlineData("[a-c]*[X-Z]", "A1y Bz", "dy 1y")]
    [InlineData("*.{JPG,png}", "a.jpg a.Png", "a.gif")]
    public void What_is_included_is_named_in_any_case(string glob, string named, string others)
    {
        var filter = new LibraryFilter([glob], []);
        Assert.All(Words(named), path => Assert.True(IsIncluded(filter, path), $"{glob} does not name {path}"));
        Assert.All(Words(others), path => Assert.False(IsIncluded(filter, path), $"{glob} names {path}"));
    }

    [Theory]
    [InlineData("[", "not closed")]
    [InlineData("[]", "not closed")]
    [InlineData("a[b/c]", "not closed")]
    [InlineData("{[a,b}", "not closed")]
    [InlineData("{a,b", "\\{ for a brace itself")]
    [InlineData("a}", "\\} for a brace itself")]
    [InlineData("{a,b}}", "\\} for a brace itself")]
    [InlineData("{a}", "one alternative only")]
    [InlineData("{1..3}", "one alternative only")]
    [InlineData("{a,}", "empty alternative")]
    [InlineData("a\\", "ends with a backslash")]
    [InlineData("Raw\\new", "slashes part directories")]
    [InlineData("!*.jpg", "\\!*.jpg")]
    [InlineData("", "A glob is empty")]
    [InlineData(" ", "A glob is empty")]
    [InlineData("a\0b", "NUL")]
    [InlineData("a/../b", "'..' component")]
    [InlineData("../a", "'..' component")]
    [InlineData("a/.", "'..' component")]
    [InlineData("{a,..}/b", "'..' component")]
    [InlineData("\\.\\./b", "'..' component")]
    [InlineData("a//b", "two slashes")]
    [InlineData("//a", "two slashes")]
    [InlineData("a//", "two slashes")]
    [InlineData("/", "**/*")]
    [InlineData("./", "**/*")]
    [InlineData("[z-a]", "write a-z")]
    [InlineData("[[:alpha:]]", "ranges as in [a-z]")]
    [InlineData("{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}", "more than 50000 characters")]
    public void What_cannot_match_or_be_understood_is_refused_with_a_sentence_that_names_it(string glob, string remedy)
    {
        foreach (var library in new[] { Registered(include: [glob]), Registered(exclude: ["a", glob]) })
        {
            var problem = GlobRules.Problem(library)!;
            Assert.Contains(remedy, problem, StringComparison.Ordinal);
            Assert.EndsWith(".", problem, StringComparison.Ordinal);
            if (!string.IsNullOrWhiteSpace(glob))
                Assert.Contains(glob.Replace('\0', '\ufffd'), problem, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Globs_are_bounded_and_what_is_within_the_bounds_is_taken()
    {
        var longest = new string('a', GlobRules.MaxLength);
        Assert.Null(GlobRules.Problem(Registered([longest], [.. Enumerable.Repeat(longest, GlobRules.MaxGlobs)])));
        Assert.Contains("501 characters", GlobRules.Problem(Registered([longest + "a"])), StringComparison.Ordinal);
        Assert.Contains("101 globs", GlobRules.Problem(Registered(exclude: [.. Enumerable.Repeat("a", 101)])), StringComparison.Ordinal);
        Assert.Contains("include list is empty", GlobRules.Problem(Registered(include: [])), StringComparison.Ordinal);
        Assert.Null(GlobRules.Problem(Registered([.. LibraryFilter.DefaultInclude], [.. LibraryFilter.DefaultExclude])));
        // Of many the bound is on all together, and no nesting makes it slow to say so.
        Assert.NotNull(GlobRules.Problem(Registered([.. Enumerable.Repeat("{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}", 100)])));
        Assert.NotNull(GlobRules.Problem(Registered([string.Concat(Enumerable.Repeat("{a,b}", 100))])));
        Assert.NotNull(GlobRules.Problem(Registered([new string('{', 250) + new string('}', 250)])));
        Assert.NotNull(GlobRules.Problem(Registered([string.Concat(Enumerable.Repeat("{a,", 125)) + new string('}', 125)])));
        Assert.NotNull(
            GlobRules.Problem(
                Registered(["{" + string.Concat(Enumerable.Repeat("{a,b}{a,b}{a,b}{a,b},", 20)) + "b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}"])));
    }

    [Theory]
    [InlineData("*a*a*a*a*b", "aaaa", "")]
    [InlineData("*a?*a?*a?*[b]", "aaaa", "")]
    [InlineData("**/**/**/**/**/**/a/**/a/**/a/**/b", "a", "a/a/a/a/")]
    [InlineData("*a*a*a*b/**/*a*a*a*b/**/*a*a*b", "aaaa", "aaaa/aaaa/aaaa/aaaa/")]
    public void Matching_is_linear_in_the_name(string glob, string name, string directory)
    {
        var filter = new LibraryFilter([glob], []);
        var times = new List<double>();
        foreach (int length in new[] { 8, 64 })
        {
            var longer = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(name, length)));
            var deeper = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(directory, length)));
            Assert.False(filter.IncludesFile(deeper, longer));
            // The best of many: a busy machine makes some slow, and never one fast.
            times.Add(Enumerable.Range(0, 500).Min(_ =>
            {
                long start = Stopwatch.GetTimestamp();
                for (int i = 0; i < 10; i++)
                    filter.IncludesFile(deeper, longer);
                return Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            }));
        }

        // Eight times the length: quadratic would be 64 times the time, and what was here before never ended.
        Assert.True(times[1] < 30 * times[0] + 10, $"{times[0]} us, then {times[1]} us");
    }

    [Fact]
    public void A_hundred_and_twenty_times_any_directories_is_one()
    {
        var filter = new LibraryFilter([string.Concat(Enumerable.Repeat("**/", 120)) + "*.jpg"], []);
        Assert.True(IsIncluded(filter, "a.jpg"));
        Assert.True(IsIncluded(filter, "a/b/c/a.jpg"));
        Assert.False(IsIncluded(filter, string.Concat(Enumerable.Repeat("a/", 1000)) + "a.png"));
    }

    [Fact]
    public void Names_that_are_no_text_match_by_their_fixed_parts()
    {
        var filter = new LibraryFilter(["caf*.jpg", "d?r/*.png"], ["*~"]);
        Assert.True(filter.IncludesFile(""u8, [.. "caf"u8, 0xE9, .. ".jpg"u8]));
        Assert.True(filter.IncludesFile([(byte)'d', 0xFF, .. "r/"u8], [0xFE, .. ".png"u8]));
        Assert.False(filter.IncludesFile(""u8, [.. "caf"u8, 0xE9, .. ".jpg~"u8]));
    }

    [Fact]
    public void Directories_to_exclude_leave_the_rest_a_matter_of_names()
    {
        Assert.True(new LibraryFilter(null, null).IsOfNames);
        Assert.True(new LibraryFilter(["*.jpg", "**/*.png"], ["Raw/**", "d/Raw/", "*.part"]).IsOfNames);
        Assert.False(new LibraryFilter(["Raw/"], []).IsOfNames);
        Assert.False(new LibraryFilter(["/*.jpg"], []).IsOfNames);
        Assert.False(new LibraryFilter(null, ["d/*.jpg"]).IsOfNames);
        Assert.False(new LibraryFilter(null, ["d/Raw"]).IsOfNames);
    }

    [Fact]
    public void Of_small_alphabets_everything_matches_as_the_simplest_matcher_says()
    {
        var name = Either("*", "?", "a", "b", "[ab]", "[!a]", "a*", "*b", "**").Array[1, 4].Select(string.Concat);
        var component = Gen.OneOf(Gen.Const("**"), name);
        var globs = Gen.Select(Either("", "/", "./"), component.Array[1, 5], Either("", "/"),
            (start, components, end) => start + string.Join('/', components) + end);
        var paths = Either("a", "b", "c").Array[1, 4].Select(string.Concat).Array[1, 5].Select(components => string.Join('/', components));
        Gen.Select(globs, paths).Sample((glob, path) =>
        {
            var excluding = new LibraryFilter(["**/*"], [glob]);
            return IsIncluded(excluding, path) == !ReferenceGlob.Excludes(glob, path, isDirectory: false)
                && IsIncluded(excluding, path + "/") == !ReferenceGlob.Excludes(glob, path, isDirectory: true)
                && IsIncluded(new LibraryFilter([glob], []), path) == ReferenceGlob.Includes(glob, path);
        }, iter: 20_000);
    }

    [Fact]
    public void Git_ignores_what_a_glob_without_braces_excludes()
    {
        Needs.Program("git");
        var directory = Directory.CreateTempSubdirectory("watchphoto-git-").FullName;
        try
        {
            Shell.Run("git init -q .", directory);
            foreach (var row in Language)
            {
                var (glob, named, others) = row.Data;
                // Braces are ours. Git reads "./" as a name, "#" as a comment, and a character as a byte.
                if (glob.AsSpan().ContainsAny("{}#éß") || glob.StartsWith("./", StringComparison.Ordinal))
                    continue;
                File.WriteAllText(Path.Combine(directory, ".gitignore"), glob + "\n");
                foreach (var path in Words(named).Concat(Words(others)).Where(path => path.All(char.IsAscii)))
                {
                    bool isIgnored = IsIgnoredByGit(directory, path);
                    Assert.True(
                        isIgnored != IsIncluded(new LibraryFilter(["**/*"], [glob]), path),
                        $"git {(isIgnored ? "ignores" : "does not ignore")} {path} by {glob}");
                }
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    // Git looks at the disk to know what is a directory.
    private static bool IsIgnoredByGit(string repository, string path)
    {
        Directory.CreateDirectory(Path.Combine(repository, Path.GetDirectoryName(path.TrimEnd('/'))!));
        if (path.EndsWith('/'))
            Directory.CreateDirectory(Path.Combine(repository, path));
        else
            File.WriteAllText(Path.Combine(repository, path), "");
        using var git = Process.Start(
            new ProcessStartInfo("git", ["check-ignore", "-q", "--no-index", "--", path.TrimEnd('/')]) { WorkingDirectory = repository })!;
        git.WaitForExit();
        Assert.True(git.ExitCode is 0 or 1, $"git check-ignore {path}: {git.ExitCode}");
        Shell.Run("find . -mindepth 1 -maxdepth 1 ! -name .git ! -name .gitignore -exec rm -r {} +", repository);
        return git.ExitCode == 0;
    }

    private static Library Registered(IReadOnlyList<string>? include = null, IReadOnlyList<string>? exclude = null) =>
        new() { Id = "x", Name = "x", Host = "here", Path = "/x", Include = include, Exclude = exclude };

    private static Gen<string> Either(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(index => texts[index]);

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    // With all directories above it; one whose path ends in a slash is a directory.
    private static bool IsIncluded(LibraryFilter filter, string path)
    {
        if (!path.EndsWith('/'))
            return filter.Includes(Above(path), Last(path));
        for (int slash = path.IndexOf('/'); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            if (!filter.IncludesDirectory(Above(path[..slash]), Last(path[..slash])))
                return false;
        }

        return true;
    }

    private static byte[] Above(string path) => Encoding.UTF8.GetBytes(path[..(path.LastIndexOf('/') + 1)]);

    private static byte[] Last(string path) => Encoding.UTF8.GetBytes(path[(path.LastIndexOf('/') + 1)..]);
}
