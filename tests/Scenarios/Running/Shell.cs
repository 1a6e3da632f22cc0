using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace WatchPhoto.Scenarios.Tests.Running;

/// <summary>The system's own tools: what they do to a tree is nobody's code under test.</summary>
internal static class Shell
{
    private const string Words = """
        write() { head -c "${2:-1000}" /dev/urandom > "$1"; }
        append() { head -c "${2:-1000}" /dev/urandom >> "$1"; }
        # plug IMAGE DIRECTORY: mounts an exFAT card. unplug does not end before whoever serves it has: nothing is written to it after.
        plug() { local loop; loop=$(losetup -f --show "$1"); mount.exfat-fuse "$loop" "$2"; losetup -d "$loop"; }
        unplug() {
            timeout 20 sh -c "until umount $2 2> /dev/null; do sleep 0.1; done" || umount -l "$2"
            timeout 300 sh -c "while losetup -j $1 | grep -q .; do sleep 0.1; done" || {
                echo "$1 is still in use:"; losetup -a; ls -l /proc/[0-9]*/cwd /proc/[0-9]*/fd 2> /dev/null | grep -E "loop|$PWD/$2"; return 1
            } >&2
        }

        """;

    /// <summary>Whether a program of this name is in the path.</summary>
    public static bool Has(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Any(directory => File.Exists(Path.Combine(directory, program)));

    /// <summary>Steps of a scenario, in the root of its library where that is there.</summary>
    public static void Steps(string @base, string library, string state, IEnumerable<string> lines)
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
                Run(@base, $"export BASE={@base} STATE={state} TOOLS={AppContext.BaseDirectory}\ncd photos 2> /dev/null || true\n{script}");
            script.Clear();
        }
    }

    /// <summary>
    /// Lowers a limit of the kernel until this is disposed. A process in a session of its own puts it back, also when this one
    /// is killed: its input ends then. On the whole machine it is lowered by one at a time: else the next one would take what
    /// this one has set for the usual value, and leave that behind.
    /// </summary>
    public static IDisposable Lower(string limit, int value)
    {
        var process = Process.Start(new ProcessStartInfo("setsid", ["--wait", "flock", "/tmp/watchphoto-limits.lock", "sh", "-euc", "usual=$(cat $1); echo $2 > $1; echo; read -r _ || true; echo $usual > $1", "sh", limit, value.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true,
        })!;
        Assert.NotNull(process.StandardOutput.ReadLine());
        return new Lowered(process);
    }

    /// <summary>Removes a directory whatever may be done to it, and what is mounted in it.</summary>
    public static void Remove(string directory) => Run("/", $"""
        chmod -R u+rwx {directory} 2> /dev/null || true
        for mount in $(cut -d' ' -f2 /proc/mounts | grep -F {directory}/ | sort -r); do umount -l "$mount"; done
        chattr -R -i {directory} 2> /dev/null || true
        rm -rf {directory}
        """);

    public static void Run(string directory, string script)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", ["-euc", Words + script])
        {
            WorkingDirectory = directory, RedirectStandardError = true, RedirectStandardOutput = true, Environment = { ["LC_ALL"] = "C" },
        })!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{script}\n{error}");
    }

    private sealed class Lowered(Process process) : IDisposable
    {
        public void Dispose()
        {
            process.StandardInput.Close();
            process.WaitForExit();
            Assert.Equal(0, process.ExitCode);
            process.Dispose();
        }
    }
}
