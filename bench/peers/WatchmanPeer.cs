using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Mono.Unix.Native;
using WatchPhoto.Contracts;
using WatchPhoto.Scenarios.Tests.Running;
using WatchPhoto.Testing;

namespace WatchPhoto.Peers;

/// <summary>Watchman: a server that has a picture of its own, and is asked for it.</summary>
internal sealed class WatchmanPeer(string root, IReadOnlyList<string> by) : Peer(root)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    // What it keeps, and a socket, whose path has to be short.
    private readonly string _directory = Directory.CreateTempSubdirectory("peers-").FullName;
    private Process? _process;

    public override int? Process => _process is { HasExited: false } ? _process.Id : null;

    private string Socket => Path.Combine(_directory, "socket");

    public override async Task StartAsync()
    {
        if (Process is null)
        {
            _process?.Dispose();
            File.Delete(Socket);
            // It may be run as somebody else.
            Shell.Run($"chmod 0777 {_directory}", "/");
            string[] command =
            [
                .. by, "watchman", "--foreground", $"--sockname={Socket}", $"--statefile={_directory}/state", $"--logfile={_directory}/log",
                $"--pidfile={_directory}/pid",
            ];
            _process = System.Diagnostics.Process.Start(new ProcessStartInfo(command[0], command[1..])
            {
                WorkingDirectory = "/", RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
            })!;
            _process.OutputDataReceived += (_, _) => { };
            _process.ErrorDataReceived += (_, _) => { };
            _process.BeginOutputReadLine();
            _process.BeginErrorReadLine();
        }

        for (long started = Stopwatch.GetTimestamp(); ; await Task.Delay(20))
        {
            try
            {
                await AskAsync("watch", Root);
                return;
            }
            catch (SocketException) when (Process is not null && Stopwatch.GetElapsedTime(started) < Patience)
            {
                // It does not listen yet.
            }
        }
    }

    public override void Stop() => Signal(Signum.SIGSTOP);

    public override void Continue() => Signal(Signum.SIGCONT);

    public override void Kill()
    {
        if (_process is null)
            return;
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    public override async Task<Dictionary<string, Seen>> PictureAsync()
    {
        var answer = await AskAsync("query", Root, new Dictionary<string, object>
        {
            ["expression"] = new object[] { "type", "f" },
            ["fields"] = new object[] { "name", "size", "mtime_ns", "ino" },
            ["sync_timeout"] = 5000L,
        });
        var files = new Dictionary<string, Seen>(StringComparer.Ordinal);
        foreach (var file in ((object?[])answer["files"]!).Cast<Dictionary<string, object?>>())
        {
            var (seconds, nanoseconds) = Math.DivRem((long)file["mtime_ns"]!, 1_000_000_000);
            if (nanoseconds < 0)
                (seconds, nanoseconds) = (seconds - 1, nanoseconds + 1_000_000_000);
            files[PhotoPath.Encode((byte[])file["name"]!)] = new Seen(
                new FileSays((long)file["size"]!, new FileTime(seconds, (int)nanoseconds).ToString()),
                ((long)file["ino"]!).ToString(CultureInfo.InvariantCulture));
        }

        return files;
    }

    private async Task<Dictionary<string, object?>> AskAsync(params object[] question)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), limit.Token);
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(Bser.Message(question), limit.Token);
        var answer = await Bser.ReadAsync(stream, limit.Token);
        if (answer.TryGetValue("warning", out var warning))
            Complain(Encoding.UTF8.GetString((byte[])warning!).Split('\n')[0]);
        return answer.TryGetValue("error", out var error)
            ? throw new InvalidOperationException(Encoding.UTF8.GetString((byte[])error!).Split('\n')[0])
            : answer;
    }

    private void Signal(Signum signal)
    {
        if (Process is { } id)
            _ = Syscall.kill(id, signal);
    }
}
