using System.Text.RegularExpressions;
using WatchPhoto.Testing;

namespace WatchPhoto.Watcher.Tests;

/// <summary>
/// How the source tree is built. Each rule has a list of what did not keep it when it was made, and the lists only get shorter:
/// whoever mends one of these takes it off its list, or the test fails.
/// </summary>
public sealed partial class StructureTests
{
    private const int MostLines = 300;
    private const string Watcher = "services/Watcher/";

    private static readonly string[] s_long =
    [
        "tests/EndToEnd.Tests/MessagesTests.cs",
        "tests/Indexer.Tests/Catalog/CatalogConformance.cs",
        "tests/Indexer.Tests/Catalog/RegistryConformance.cs",
        "tests/Scenarios/Model/ModelHistory.cs",
        "tests/Scenarios/Model/ModelWorld.cs",
        "tests/Scenarios/Running/ScenarioRun.cs",
        "tests/Watcher.Tests/GlobTests.cs",
        "tests/Watcher.Tests/OutboxTests.cs",
        "tests/servers/common.sh",
    ];

    // Each pair in the order of the alphabet.
    private static readonly string[] s_entangled =
        ["Libraries <-> Reconcile", "Libraries <-> State", "Libraries <-> Tracking", "Libraries <-> Tree", "Planning <-> Reconcile"];

    private static readonly string[] s_ofManyTypes =
    [
        "services/Watcher/Disk/FileFacts.cs",
        "services/Watcher/Disk/IDisk.cs",
        "services/Watcher/Kernel/Inotify.cs",
        "services/Watcher/Kernel/KernelDirectory.cs",
        "services/Watcher/Libraries/Consumers.cs",
        "services/Watcher/Libraries/WatchedLibrary.cs",
        "services/Watcher/Previewing/LibraryPreviewRequestedConsumer.cs",
        "services/Watcher/Reconcile/Observation.cs",
        "services/Watcher/State/Entry.cs",
        "services/Watcher/State/Outbox.cs",
    ];

    private static readonly (string Path, int Locks)[] s_locking =
    [
        ("services/Watcher/Publishing/OutboxPublisher.cs", 1),
        ("services/Watcher/Reconcile/ListingMerge.cs", 1),
        ("services/Watcher/Reconcile/Scope.cs", 2),
        ("services/Watcher/Tracking/Tracker.cs", 1),
        ("services/Watcher/Tracking/TrackerService.cs", 1),
    ];

    [Fact]
    public void No_file_is_longer_than_300_lines() => Check(
        s_long, SourceFiles("services", "contracts", "tests").Where(path => File.ReadLines(FullPath(path)).Count() > MostLines),
        "is longer than 300 lines: split it");

    [Fact]
    public void No_two_folders_of_the_watcher_use_each_other()
    {
        var files = CodeOf(Watcher).Where(file => FolderOf(file.Path).Length > 0).ToList();
        var types = files.SelectMany(file => TypesOf(file.Code).Select(type => (Folder: FolderOf(file.Path), Type: type)))
            .ToLookup(each => each.Folder, each => each.Type);
        var uses = files.SelectMany(file => types.Select(folder => folder.Key)
                .Where(folder => folder != FolderOf(file.Path) && Uses(file.Code, folder, types))
                .Select(folder => (By: FolderOf(file.Path), Used: folder)))
            .ToHashSet();
        Check(
            s_entangled,
            uses.Where(use => uses.Contains((use.Used, use.By)) && string.CompareOrdinal(use.By, use.Used) < 0)
                .Select(use => $"{use.By} <-> {use.Used}"),
            "use each other: one of them is below the other");
    }

    [Fact]
    public void A_file_of_a_service_has_one_type() => Check(
        s_ofManyTypes, CodeOf("services").Where(file => TypesOf(file.Code).Count() > 1).Select(file => file.Path),
        "has more than one type: each has a file that is named as it");

    [Fact]
    public void Nobody_outside_of_State_locks_the_state() => Check(
        s_locking.SelectMany(file => Numbered(file.Path, file.Locks)),
        CodeOf(Watcher).Where(file => !file.Path.StartsWith(Watcher + "State/", StringComparison.Ordinal))
            .SelectMany(file => Numbered(file.Path, Locks().Count(file.Code))),
        "locks the state: that is for services/Watcher/State to do");

    private static IEnumerable<string> Numbered(string path, int count) => Enumerable.Range(1, count).Select(i => $"{path}, lock {i}");

    private static void Check(IEnumerable<string> listed, IEnumerable<string> found, string rule)
    {
        var (expected, actual) = (listed.ToHashSet(), found.ToHashSet());
        IEnumerable<string> problems =
        [
            .. actual.Except(expected).Select(each => $"{each} {rule}."),
            .. expected.Except(actual).Select(
                each => $"{each} is on the list of {nameof(StructureTests)}, and is not so any more: take it off."),
        ];
        Assert.True(!problems.Any(), string.Join('\n', problems.Order(StringComparer.Ordinal)));
    }

    // By a using, which the compiler holds to be needed, or by a type's name with the folder's before it.
    private static bool Uses(string code, string folder, ILookup<string, string> types) =>
        code.Contains($"using WatchPhoto.Watcher.{folder};", StringComparison.Ordinal)
        || types[folder].Any(type => Regex.IsMatch(code, $@"(?<![\w.]){folder}\.{type}\b"));

    // Of services/Watcher/Tree/Trouble.cs it is Tree, and nothing of those in services/Watcher itself.
    private static string FolderOf(string path) => path[Watcher.Length..].Split('/') is [var folder, _, ..] ? folder : "";

    private static IEnumerable<(string Path, string Code)> CodeOf(string below) => SourceFiles(below)
        .Where(path => path.EndsWith(".cs", StringComparison.Ordinal)).Select(path => (path, WithoutComments(path)));

    private static string WithoutComments(string path) => Comments().Replace(File.ReadAllText(FullPath(path)), "");

    private static IEnumerable<string> TypesOf(string code) => Types().Matches(code).Select(match => match.Groups[1].Value);

    private static IEnumerable<string> SourceFiles(params string[] below) => below
        .SelectMany(directory => Directory.EnumerateFiles(FullPath(directory), "*", SearchOption.AllDirectories))
        .Select(path => Path.GetRelativePath(Repository.Root, path))
        .Where(path => Sources().IsMatch(path) && !path.Split('/').Any(part => part is "bin" or "obj"));

    private static string FullPath(string path) => Path.Combine(Repository.Root, path);

    [GeneratedRegex(@"\.(cs|sh|py|sql)$")]
    private static partial Regex Sources();

    [GeneratedRegex("^ *//.*$", RegexOptions.Multiline)]
    private static partial Regex Comments();

    // Those of a file that are not inside of others.
    [GeneratedRegex(
        @"^(?:public|internal)(?: \w+)*? (?:class|interface|enum|(?:record )?struct|record(?: class)?|delegate [\w<>?.]+) (\w+)",
        RegexOptions.Multiline)]
    private static partial Regex Types();

    [GeneratedRegex(@"\.Gate\b")]
    private static partial Regex Locks();
}
