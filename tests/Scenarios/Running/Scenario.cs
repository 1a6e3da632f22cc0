using System.Globalization;
using WatchPhoto.Testing;

namespace WatchPhoto.Scenarios.Tests.Running;

/// <summary>
/// A file that reads like a shell session. Lines are the shell's, run in the library's root, but for the words of
/// <see cref="Expectations"/>. What comes between two expectations is one change: it happens while the watcher runs, is
/// stopped, or is dead, by the mode. See README.md.
/// </summary>
internal sealed class Scenario
{
    /// <summary>Words that are not the shell's and need a watcher that runs.</summary>
    private static readonly string[] Expectations =
        ["settle", "await", "remember", "expect", "audit", "accept", "refuse", "define", "remove", "raise"];

    private readonly List<string> _needs = [];

    private Scenario(string name) => Name = name;

    public string Name { get; }

    public IReadOnlyList<string> Modes { get; private set; } = ["live", "stopped", "killed"];

    public IReadOnlyList<string> Catalogs { get; private set; } = ["sqlite", "mongo"];

    public RunAs RunAs { get; private set; } = new();

    /// <summary>It needs a watcher of its own.</summary>
    public bool IsAlone { get; private set; }

    /// <summary>The library's root is not there at first.</summary>
    public bool IsWithoutRoot { get; private set; }

    /// <summary>There is a second library, beside the first: ../other.</summary>
    public string? Other { get; private set; }

    /// <summary>How the library is to be watched.</summary>
    public string Watch { get; private set; } = "auto";

    public IReadOnlyList<string>? Exclude { get; private set; }

    /// <summary>What that leaves out, by its path: the oracle knows no globs.</summary>
    public IReadOnlyList<string> Pruned { get; private set; } = [];

    /// <summary>What this machine lacks to run it; null: nothing.</summary>
    public string? Lacks =>
        _needs.FirstOrDefault(need => !IsThere(need)) is { } missing ? missing
        : !Environment.IsPrivilegedProcess
        && (RunAs.NeedsRoot || Phases.Any(phase => phase.Changes.Any(line => line.Contains("mount", StringComparison.Ordinal))))
            ? "the rights of root (it mounts, or lowers a limit of the kernel)"
            : null;

    public IReadOnlyList<(string[] Changes, string[] Expectations)> Phases { get; private set; } = [];

    public static string Directory => Path.Combine(AppContext.BaseDirectory, "scenarios");

    public static IEnumerable<Scenario> All() =>
        System.IO.Directory.EnumerateFiles(Directory, "*.scenario").Order(StringComparer.Ordinal).Select(Read);

    public static bool IsExpectation(string line) => Expectations.Contains(line.Split(' ')[0]);

    public override string ToString() => Name;

    private static Scenario Read(string path)
    {
        var scenario = new Scenario(Path.GetFileNameWithoutExtension(path));
        var phases = new List<(string[], string[])>();
        List<string> changes = [], expectations = [];
        foreach (var line in File.ReadLines(path).Select(line => line.Trim()).Where(line => line.Length > 0))
        {
            if (line.StartsWith("#:", StringComparison.Ordinal))
            {
                scenario.Head(line[2..].Trim());
            }
            else if (line[0] == '#')
            {
                continue;
            }
            else if (IsExpectation(line))
            {
                expectations.Add(line);
            }
            else
            {
                if (expectations.Count > 0)
                {
                    phases.Add(([.. changes], [.. expectations]));
                    changes = [];
                    expectations = [];
                }

                changes.Add(line);
            }
        }

        phases.Add(([.. changes], [.. expectations]));
        scenario.Phases = phases;
        return scenario;
    }

    // A program, a file, or a file system that the kernel knows (kernel:vfat).
    private static bool IsThere(string need) =>
        need[0] == '/' ? File.Exists(need)
        : need.StartsWith("kernel:", StringComparison.Ordinal) ? File.ReadLines("/proc/filesystems").Any(
            line => line.EndsWith($"\t{need[7..]}", StringComparison.Ordinal))
        : Shell.Has(need);

    private void Head(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        switch (words[0])
        {
            case "modes":
                Modes = words[1..];
                break;
            case "catalogs":
                Catalogs = words[1..];
                break;
            case "set":
                var setting = words[1].Split('=', 2);
                RunAs = RunAs with { Settings = new Dictionary<string, string>(RunAs.Settings) { [setting[0]] = setting[1] } };
                IsAlone = true;
                break;
            case "nobody":
                RunAs = RunAs with { AsNobody = true };
                IsAlone = true;
                break;
            case "watches":
                RunAs = RunAs with { MostWatches = int.Parse(words[1], CultureInfo.InvariantCulture) };
                IsAlone = true;
                break;
            case "queue":
                RunAs = RunAs with { MostEvents = int.Parse(words[1], CultureInfo.InvariantCulture) };
                IsAlone = true;
                break;
            case "needs":
                _needs.Add(words[1]);
                break;
            case "alone":
                IsAlone = true;
                break;
            case "rootless":
                IsWithoutRoot = true;
                break;
            case "other":
                Other = words.Length > 1 ? words[1] : "other";
                break;
            case "watch":
                Watch = words[1];
                break;
            case "exclude":
                Exclude = words[1..];
                break;
            case "prunes":
                Pruned = words[1..];
                break;
            default:
                throw new FormatException($"{Name}: '{line}' is not understood.");
        }
    }
}
