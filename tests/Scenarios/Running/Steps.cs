using System.Globalization;
using System.Text;
using WatchPhoto.Testing;

namespace WatchPhoto.Scenarios.Tests.Running;

/// <summary>What scenarios and histories do to a tree: a shell does it, or where it cannot, a system call.</summary>
internal static class Steps
{
    private const string Words = """
        export LC_ALL=C
        write() { head -c "${2:-1000}" /dev/urandom > "$1"; }
        append() { head -c "${2:-1000}" /dev/urandom >> "$1"; }
        # plug IMAGE DIRECTORY: mounts an exFAT card. unplug does not end before whoever serves it has: nothing is written to it after.
        plug() { local loop; loop=$(losetup -f --show "$1"); mount.exfat-fuse "$loop" "$2"; losetup -d "$loop"; }
        unplug() {
            timeout 20 sh -c "until umount $2 2> /dev/null; do sleep 0.1; done" || umount -l "$2"
            timeout 300 sh -c "while losetup -j $1 | grep -q .; do sleep 0.1; done" || {
                echo "$1 is still in use:"; losetup -a
                ls -l /proc/[0-9]*/cwd /proc/[0-9]*/fd 2> /dev/null | grep -E "loop|$PWD/$2"; return 1
            } >&2
        }

        """;

    /// <summary>Steps of a scenario, in the root of its library where that is there.</summary>
    public static void Take(string @base, string library, string state, IEnumerable<string> lines)
    {
        var script = new StringBuilder();
        foreach (var line in lines)
        {
            var words = line.Split(' ');
            if (words[0] is not ("exchange" or "mmap-write" or "mknod" or "truncate" or "write-unnamed"))
            {
                script.Append(line).Append('\n');
                continue;
            }

            RunScript();
            var paths = words[1..].Select(path => Encoding.UTF8.GetBytes(Path.Combine(library, path))).ToArray();
            switch (words[0])
            {
                case "exchange":
                    Assert.True(Libc.Exchange(paths[0], paths[1]), line);
                    break;
                case "mknod":
                    Assert.True(Libc.MakeFile(paths[0]), line);
                    break;
                case "truncate":
                    Assert.True(Libc.Truncate(paths[0], long.Parse(words[2], CultureInfo.InvariantCulture)), line);
                    break;
                case "write-unnamed":
                    Assert.True(Libc.WriteUnnamed(Libc.Bytes(library), paths[0], bytes: 1000), line);
                    break;
                default:
                    Libc.MapAndWrite(paths[0]);
                    break;
            }
        }

        RunScript();

        void RunScript()
        {
            if (script.Length > 0)
                Run($"export BASE={@base} STATE={state} TOOLS={AppContext.BaseDirectory}\ncd photos 2> /dev/null || true\n{script}", @base);
            script.Clear();
        }
    }

    /// <summary>Runs a script with the words of scenarios.</summary>
    public static void Run(string script, string directory) => Shell.Run(Words + script, directory);
}
