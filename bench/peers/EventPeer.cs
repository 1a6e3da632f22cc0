using System.Diagnostics;
using System.Text;
using Mono.Unix.Native;

namespace WatchPhoto.Peers;

/// <summary>A program that prints events, and somebody who follows them to the letter.</summary>
internal abstract class EventPeer(string root, IReadOnlyList<string> by) : Peer(root)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Lock _lock = new();
    private Process? _process;
    private Task _reading = Task.CompletedTask;
    private TaskCompletionSource _ready = new();

    // Of the present process only: who is started again knows nothing.
    private Picture _picture = new(root);

    public override int? Process => _process is { HasExited: false } ? _process.Id : null;

    protected abstract IReadOnlyList<string> Command { get; }

    /// <summary>How many fields a record has.</summary>
    protected abstract int Fields { get; }

    /// <summary>It tells only changes: what is there its user lists himself, when it watches.</summary>
    protected virtual bool TellsChangesOnly => true;

    public override async Task StartAsync()
    {
        _process?.Dispose();
        _picture = new Picture(Root);
        _ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        string[] command = [.. by, .. Command];
        var process = System.Diagnostics.Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = "/", RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        })!;
        _process = process;
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is { Length: > 0 } said)
                Error(said);
        };
        process.BeginErrorReadLine();
        _reading = ReadAsync(process.StandardOutput.BaseStream, _picture);
        await Task.WhenAny(_ready.Task, process.WaitForExitAsync()).WaitAsync(Patience);
        if (process.HasExited)
            throw new InvalidOperationException("It has ended.");
        if (TellsChangesOnly)
        {
            lock (_lock)
                _picture.List();
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
        _reading.Wait(Patience);
    }

    public override Task<Dictionary<string, Seen>> PictureAsync()
    {
        lock (_lock)
            return Process is null ? throw new InvalidOperationException("It has ended.") : Task.FromResult(_picture.Files);
    }

    protected void IsReady() => _ready.TrySetResult();

    protected abstract void Follow(Picture picture, byte[][] record);

    protected virtual void Error(string said) => Complain(said);

    private void Signal(Signum signal)
    {
        if (Process is { } id)
            _ = Syscall.kill(id, signal);
    }

    private async Task ReadAsync(Stream output, Picture picture)
    {
        var record = new List<byte[]>();
        using var field = new MemoryStream();
        var buffer = new byte[65536];
        for (int read; (read = await output.ReadAsync(buffer)) > 0;)
        {
            for (int i = 0; i < read; i++)
            {
                if (buffer[i] != 0)
                {
                    field.WriteByte(buffer[i]);
                    continue;
                }

                record.Add(field.ToArray());
                field.SetLength(0);
                if (record.Count < Fields)
                    continue;
                lock (_lock)
                    Follow(picture, [.. record]);
                record.Clear();
            }
        }
    }
}

/// <summary>Records of three fields: there, gone, renamed, error, ready.</summary>
internal abstract class SayingPeer(string root, IReadOnlyList<string> by) : EventPeer(root, by)
{
    protected override int Fields => 3;

    protected override void Follow(Picture picture, byte[][] record)
    {
        switch (Encoding.UTF8.GetString(record[0]))
        {
            case "there":
                picture.There(record[1], record[2].Length > 0 ? Encoding.UTF8.GetString(record[2]) : null);
                break;
            case "gone":
                picture.Gone(record[1]);
                break;
            case "renamed":
                picture.Renamed(record[1], record[2]);
                break;
            case "error":
                Complain(Encoding.UTF8.GetString(record[1]));
                break;
            case "ready":
                IsReady();
                break;
        }
    }
}

internal sealed class FileSystemWatcherPeer(string root, IReadOnlyList<string> by) : SayingPeer(root, by)
{
    /// <summary>The word that makes this program one that prints what a FileSystemWatcher says.</summary>
    public const string Word = "filesystemwatcher";

    protected override IReadOnlyList<string> Command => ["dotnet", typeof(FileSystemWatcherPeer).Assembly.Location, Word, Root];

    public static void Run(string directory)
    {
        using var output = Console.OpenStandardOutput();
        var one = new Lock();
        using var watcher = new FileSystemWatcher(directory)
        {
            IncludeSubdirectories = true,
            InternalBufferSize = 65536,
            NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.Size | NotifyFilters.LastWrite
                | NotifyFilters.CreationTime | NotifyFilters.Attributes,
        };
        watcher.Created += (_, it) => Say("there", it.FullPath);
        watcher.Changed += (_, it) => Say("there", it.FullPath);
        watcher.Deleted += (_, it) => Say("gone", it.FullPath);
        watcher.Renamed += (_, it) => Say("renamed", it.OldFullPath, it.FullPath);
        watcher.Error += (_, it) => Say("error", it.GetException().Message);
        watcher.EnableRaisingEvents = true;
        Say("ready");
        Thread.Sleep(Timeout.Infinite);

        void Say(string kind, string path = "", string other = "")
        {
            lock (one)
            {
                output.Write(Encoding.UTF8.GetBytes($"{kind}\0{path}\0{other}\0"));
                output.Flush();
            }
        }
    }
}

internal sealed class ChokidarPeer(string root, IReadOnlyList<string> by, string script) : SayingPeer(root, by)
{
    protected override IReadOnlyList<string> Command => ["node", script, Root];

    protected override bool TellsChangesOnly => false;
}

internal sealed class InotifywaitPeer(string root, IReadOnlyList<string> by) : EventPeer(root, by)
{
    protected override IReadOnlyList<string> Command =>
    [
        "inotifywait", "--monitor", "--recursive", "--no-newline", "--format", "%e%0%w%f%0",
        "--event", "create,modify,attrib,close_write,delete,moved_from,moved_to", Root,
    ];

    protected override int Fields => 2;

    protected override void Follow(Picture picture, byte[][] record)
    {
        var (what, path) = (Encoding.UTF8.GetString(record[0]), record[1]);
        // It prints no cookie: a move is what comes in two lines next to each other.
        if (what.StartsWith("MOVED_TO", StringComparison.Ordinal))
        {
            picture.MovedTo(path);
            return;
        }

        picture.MoveIsOver();
        if (what.StartsWith("MOVED_FROM", StringComparison.Ordinal))
            picture.MovedFrom(path);
        else if (what.StartsWith("DELETE", StringComparison.Ordinal))
            picture.Gone(path);
        else
            picture.There(path);
    }

    protected override void Error(string said)
    {
        if (said.StartsWith("Watches established", StringComparison.Ordinal))
            IsReady();
        else if (!said.StartsWith("Setting up watches", StringComparison.Ordinal) && !said.StartsWith("Beware", StringComparison.Ordinal))
            Complain(said);
    }
}
