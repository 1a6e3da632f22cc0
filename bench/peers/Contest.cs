using System.Diagnostics;
using System.Net.Sockets;
using WatchPhoto.Scenarios.Tests.Running;
using WatchPhoto.Testing;

namespace WatchPhoto.Peers;

/// <summary>How far a picture is from the disk.</summary>
internal readonly record struct Distance(int Missing, int Phantom, int Stale)
{
    public int All => Missing + Phantom + Stale;

    public static Distance Of(Dictionary<string, FileSays> files, Dictionary<string, Seen> picture) => new(
        files.Keys.Count(path => !picture.ContainsKey(path)),
        picture.Keys.Count(path => !files.ContainsKey(path)),
        files.Count(file => picture.TryGetValue(file.Key, out var seen) && seen.File != file.Value));
}

/// <summary>A contender in one scenario, and how it has done.</summary>
internal sealed class Entrant(string name, IReadOnlyList<Peer> peers)
{
    public string Name { get; } = name;

    /// <summary>One for each library of the scenario.</summary>
    public IReadOnlyList<Peer> Peers { get; } = peers;

    /// <summary>At its worst.</summary>
    public Distance Distance { get; set; }

    /// <summary>The same before an audit; null: there was none.</summary>
    public Distance? BeforeAudit { get; set; }

    /// <summary>Why there is no picture.</summary>
    public string? NoAnswer { get; set; }

    public Dictionary<string, Seen>[] Pictures { get; set; } = [];

    public Dictionary<string, string> Remembered { get; } = [];

    /// <summary>Moved files that it knows again, and how many there were.</summary>
    public (int Known, int Of) Moves { get; set; }

    /// <summary>Other files that it takes for one it knew, and how many there were.</summary>
    public (int Mistaken, int Of) Others { get; set; }

    public bool WasStartedAgain => Peers.Any(peer => peer.WasStartedAgain);

    public IEnumerable<string> Complaints => Peers.SelectMany(peer => peer.Complaints).Distinct();
}

/// <summary>One scenario: its steps are done once, and all contenders are there to see.</summary>
internal sealed class Contest
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15), Still = TimeSpan.FromSeconds(0.5), Quiet = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly string _base;
    private readonly Installation _installation;
    private readonly List<string> _roots;
    private int _sentinels;

    public Contest(Scenario scenario, Installation installation, string @base, string chokidar)
    {
        (Scenario, _installation, _base) = (scenario, installation, @base);
        _roots = [Path.Combine(@base, "photos")];
        if (scenario.Other is { } other)
            _roots.Add(Path.Combine(@base, other));
        var by = installation.By;
        Entrants =
        [
            Enter("WatchPhoto", (root, id) => new WatchPhotoPeer(root, id, installation)),
            Enter("FileSystemWatcher", (root, _) => new FileSystemWatcherPeer(root, by)),
            Enter("inotifywait", (root, _) => new InotifywaitPeer(root, by)),
            Enter("Watchman", (root, _) => new WatchmanPeer(root, by)),
            Enter("chokidar", (root, _) => new ChokidarPeer(root, by, chokidar)),
        ];
    }

    public Scenario Scenario { get; }

    public IReadOnlyList<Entrant> Entrants { get; }

    public int Phases => Scenario.Phases.Count;

    /// <summary>Why the steps could not be done; null: they could.</summary>
    public string? Failure { get; private set; }

    private IEnumerable<Peer> Peers => Entrants.SelectMany(entrant => entrant.Peers);

    /// <summary>It is about what only WatchPhoto has: deletions it holds, its state, its API, its own ways to watch.</summary>
    public static bool IsOwn(Scenario scenario) => scenario.Watch != "auto" || scenario.Phases.Any(phase =>
        phase.Changes.Any(line => line.Contains("$STATE", StringComparison.Ordinal))
        || phase.Expectations.Any(line => line.StartsWith("expect state held", StringComparison.Ordinal)
            || line.Split(' ') is ["accept" or "refuse" or "remove", ..] or ["define", "path", _]));

    /// <summary>The beginning, which all find there, and their start.</summary>
    public async Task BeginAsync()
    {
        Directory.CreateDirectory(Path.Combine(_base, "outside"));
        foreach (var root in _roots.Skip(Scenario.IsWithoutRoot ? 1 : 0))
            Directory.CreateDirectory(root);
        if (Scenario.RunAs.AsNobody)
            Shell.Run("chmod -R 0777 .", _base);
        Change(0);
        await StartAsync();
    }

    public void Change(int phase)
    {
        try
        {
            if (Failure is null)
                Steps.Take(_base, _roots[0], _installation.StateDirectory, Scenario.Phases[phase].Changes);
        }
        catch (Exception exception) when (exception is Xunit.Sdk.XunitException)
        {
            // Unless nobody is asked any more.
            if (Scenario.Phases.Skip(phase).Any(IsAsked))
                Failure = exception.Message;
        }
    }

    public async Task StartAsync() => await Task.WhenAll(Peers.Select(async peer =>
    {
        try
        {
            await peer.StartAsync();
        }
        catch (Exception exception) when (IsNoAnswer(exception))
        {
            // It is started once more when it is asked.
        }
    }));

    public void Stop() => Each(peer => peer.Stop());

    public void Continue() => Each(peer => peer.Continue());

    public void Kill() => Each(peer => peer.Kill());

    public async Task AskAsync(int phase)
    {
        var lines = Scenario.Phases[phase].Expectations.Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToArray();
        if (Failure is not null)
            return;
        for (int i = 0; i < lines.Length; i++)
        {
            switch (lines[i])
            {
                case ["settle", ..]:
                    await CompareAsync(Entrants, (entrant, distance) =>
                        entrant.Distance = distance.All > entrant.Distance.All ? distance : entrant.Distance);
                    break;
                case ["audit"]:
                    foreach (var entrant in Entrants.Where(entrant => entrant.Name == "WatchPhoto"))
                    {
                        if (lines[i..].Any(words => words[0] == "settle"))
                        {
                            await CompareAsync([entrant], (_, distance) =>
                                entrant.BeforeAudit = distance.All > (entrant.BeforeAudit?.All ?? -1) ? distance : entrant.BeforeAudit);
                        }

                        foreach (var peer in entrant.Peers)
                            await peer.AuditAsync();
                    }

                    break;
                case ["remember", var path, "as", var name]:
                    foreach (var entrant in Entrants)
                    {
                        if (Find(entrant, path) is { } seen)
                            entrant.Remembered[name] = seen.Identity;
                    }

                    break;
                case ["expect", var path, "is", "not", var name]:
                    Each(entrant => entrant.Others = (
                        entrant.Others.Mistaken + (Find(entrant, path)?.Identity is { } now && now == entrant.Remembered.GetValueOrDefault(name) ? 1 : 0),
                        entrant.Others.Of + 1));
                    break;
                case ["expect", var path, "is", var name]:
                    Each(entrant => entrant.Moves = (
                        entrant.Moves.Known + (Find(entrant, path)?.Identity is { } now && now == entrant.Remembered.GetValueOrDefault(name) ? 1 : 0),
                        entrant.Moves.Of + 1));
                    break;
                case ["raise", "watches", var most]:
                    foreach (var process in Peers.Select(peer => peer.Process).OfType<int>())
                        Shell.Run($"nsenter --target {process} --user sh -c 'echo {most} > /proc/sys/user/max_inotify_watches'", "/");
                    break;
            }
        }

        if (!IsAsked(Scenario.Phases[phase]))
            await Task.WhenAll(Peers.Select(peer => QuietAsync(peer, [], null)));
    }

    public async Task EndAsync()
    {
        foreach (var peer in Peers)
            await peer.DisposeAsync();
        Shell.Remove(_base);
    }

    private Entrant Enter(string name, Func<string, string, Peer> peer) =>
        new(name, [.. _roots.Select((root, i) => peer(root, i == 0 ? Scenario.Name : $"{Scenario.Name}-other"))]);

    private void Each(Action<Peer> work)
    {
        foreach (var peer in Peers)
            work(peer);
    }

    private void Each(Action<Entrant> work)
    {
        foreach (var entrant in Entrants)
            work(entrant);
    }

    // Everyone is asked until the picture is right, or has the last file and does not change any more.
    private async Task CompareAsync(IReadOnlyList<Entrant> entrants, Action<Entrant, Distance> judge)
    {
        var last = $"last-{++_sentinels}.jpg";
        foreach (var root in _roots)
            await File.WriteAllTextAsync(Path.Combine(root, last), last);
        var files = _roots.Select(root => Tree.Files(root)).ToArray();
        await Task.WhenAll(entrants.Select(async entrant =>
        {
            var pictures = await Task.WhenAll(entrant.Peers.Select((peer, i) => QuietAsync(peer, files[i], last)));
            if (pictures.FirstOrDefault(picture => picture.NoAnswer is not null).NoAnswer is { } reason)
            {
                entrant.NoAnswer ??= reason;
                return;
            }

            entrant.Pictures = [.. pictures.Select(picture => picture.Picture)];
            var distances = entrant.Pictures.Select((picture, i) => Distance.Of(files[i], picture)).ToList();
            judge(entrant, new Distance(distances.Sum(each => each.Missing), distances.Sum(each => each.Phantom), distances.Sum(each => each.Stale)));
        }));
    }

    private static async Task<(Dictionary<string, Seen> Picture, string? NoAnswer)> QuietAsync(Peer peer, Dictionary<string, FileSays> files, string? last)
    {
        Dictionary<string, Seen> picture = [];
        long started = Stopwatch.GetTimestamp(), changed = started;
        bool isStartedAgain = false;
        while (true)
        {
            Dictionary<string, Seen> now;
            try
            {
                now = (await peer.PictureAsync().WaitAsync(Patience)).Where(file => IsIncluded(file.Key)).ToDictionary(StringComparer.Ordinal);
            }
            catch (Exception exception) when (IsNoAnswer(exception))
            {
                if (last is null || isStartedAgain)
                    return (picture, exception.Message);
                // As who supervises it would.
                isStartedAgain = peer.WasStartedAgain = true;
                try
                {
                    await peer.StartAsync();
                }
                catch (Exception again) when (IsNoAnswer(again))
                {
                    return (picture, again.Message);
                }

                (started, changed) = (Stopwatch.GetTimestamp(), Stopwatch.GetTimestamp());
                continue;
            }

            if (now.Count != picture.Count || now.Any(file => picture.GetValueOrDefault(file.Key) != file.Value))
                changed = Stopwatch.GetTimestamp();
            picture = now;
            var still = Stopwatch.GetElapsedTime(changed);
            bool isRight = last is not null && Distance.Of(files, picture).All == 0;
            if ((isRight && still >= Still) || ((last is null || picture.ContainsKey(last)) && still >= Quiet) || Stopwatch.GetElapsedTime(started) >= Patience)
                return (picture, null);
            await Task.Delay(Interval);
        }
    }

    private static bool IsAsked((string[] Changes, string[] Expectations) phase) =>
        phase.Expectations.Any(line => line.StartsWith("settle", StringComparison.Ordinal));

    // It has ended, hangs, or says that it cannot.
    private static bool IsNoAnswer(Exception exception) => exception is InvalidOperationException or TimeoutException or IOException
        or OperationCanceledException or HttpRequestException or SocketException;

    // The oracle's rule: what WatchPhoto leaves out is asked of nobody.
    private static bool IsIncluded(string path) => !path.Split('/').Any(name =>
        name.StartsWith('.') || name == "@eaDir" || name.EndsWith(".tmp", StringComparison.Ordinal) || name.EndsWith(".part", StringComparison.Ordinal));

    private static Seen? Find(Entrant entrant, string path)
    {
        int library = 0;
        if (path.StartsWith("other:", StringComparison.Ordinal))
            (library, path) = (1, path["other:".Length..]);
        return entrant.NoAnswer is null && library < entrant.Pictures.Length ? entrant.Pictures[library].GetValueOrDefault(path) : null;
    }
}
