using System.Globalization;
using System.Text.Json.Nodes;
using WatchPhoto.Testing;

namespace WatchPhoto.Scenarios.Tests.Running;

/// <summary>One scenario against one installation, in directories of its own.</summary>
internal sealed class ScenarioRun
{
    private readonly Scenario _scenario;
    private readonly Installation _installation;
    private readonly string _base;
    private readonly List<Library> _libraries = [];
    private readonly Dictionary<string, Guid> _remembered = [];

    public ScenarioRun(Scenario scenario, Installation installation, string @base)
    {
        (_scenario, _installation, _base) = (scenario, installation, @base);
        _libraries.Add(new Library(scenario.Name, Path.Combine(@base, "photos")));
        if (scenario.Other is { } other)
            _libraries.Add(new Library($"{scenario.Name}-other", Path.Combine(@base, other)));
    }

    public Scenario Scenario => _scenario;

    public int Phases => _scenario.Phases.Count;

    /// <summary>What went wrong; null: nothing so far.</summary>
    public Exception? Failure { get; private set; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public Task BeginAsync() => TryAsync("begin", async () =>
    {
        Directory.CreateDirectory(Path.Combine(_base, "outside"));
        foreach (var library in _libraries)
        {
            if (!_scenario.IsWithoutRoot || library != _libraries[0])
                Directory.CreateDirectory(library.Root);
            await _installation.RegisterAsync(Definition(library));
        }

        if (_scenario.RunAs.AsNobody)
            Shell.Run("chmod -R 0777 .", _base);
        await _installation.UntilAsync(async () =>
            (await Task.WhenAll(_libraries.Select(library => _installation.StandingAsync(library.Id))))
                .All(standing => standing is not null)
                ? null
                : "The watcher has not taken the libraries.");
    });

    public Task ChangeAsync(int phase) => TryAsync("change", () =>
    {
        Steps.Take(_base, _libraries[0].Root, _installation.StateDirectory, _scenario.Phases[phase].Changes);
        return Task.CompletedTask;
    });

    public async Task ExpectAsync(int phase)
    {
        foreach (var line in _scenario.Phases[phase].Expectations)
            await TryAsync(line, () => ExpectAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
    }

    /// <summary>Removes the directories, and what is mounted in them.</summary>
    public void End()
    {
        try
        {
            Shell.Remove(_base);
        }
        catch (Exception exception)
        {
            Failure ??= exception;
        }
    }

    private async Task TryAsync(string what, Func<Task> work)
    {
        if (Failure is not null)
            return;
        try
        {
            await work();
        }
        catch (Exception exception) when (!Cancellation.IsCancellationRequested)
        {
            Failure = new InvalidOperationException($"{_scenario.Name}: {what}: {exception.Message}\n{WhatTheWatcherSaid()}", exception);
        }
    }

    private string WhatTheWatcherSaid() => string.Join('\n', _installation.Watcher.Lines.Where(line =>
        line.Contains("kernel", StringComparison.Ordinal)
            || _libraries.Exists(library => line.Contains($"{library.Id}:", StringComparison.Ordinal))));

    private async Task ExpectAsync(string[] words)
    {
        switch (words)
        {
            case ["settle"]:
                foreach (var library in _libraries)
                {
                    await SettleAsync(library);
                    if (_scenario.Watch != "poll")
                        await AreWatchedAsync(library);
                }

                break;
            case ["settle", "files"]:
                foreach (var library in _libraries)
                    await SettleAsync(library);
                break;
            case ["await", var path]:
                await _installation.UntilAsync(async () =>
                    (await PhotosAsync(_libraries[0])).Any(photo => photo.Path == path) ? null : $"{path} is not in the catalog.");
                break;
            case ["remember", var path, "as", var name]:
                _remembered[name] = (await PhotoAsync(path)).PhotoId;
                break;
            case ["expect", var path, "is", var name]:
                Assert.Equal(_remembered[name], (await PhotoAsync(path)).PhotoId);
                break;
            case ["expect", var path, "is", "not", var name]:
                Assert.NotEqual(_remembered[name], (await PhotoAsync(path)).PhotoId);
                break;
            case ["expect", var path, "new"]:
                Assert.DoesNotContain((await PhotoAsync(path)).PhotoId, _remembered.Values);
                break;
            case ["expect", "photos", var count]:
                Assert.Equal(int.Parse(count, CultureInfo.InvariantCulture), (await PhotosAsync(_libraries[0])).Count);
                break;
            case ["expect", "absent", var path]:
                Assert.DoesNotContain(await PhotosAsync(LibraryOf(ref path)), photo => photo.Path == path);
                break;
            case ["expect", "state", var state, .. var reason]:
                await StandsAsync(state, string.Join(' ', reason));
                break;
            case ["expect", "claimed"]:
                await ClaimedAsync(
                    claims => claims["verifiedAt"] is not null && claims["diskComparedAt"] is not null && claims["notClaimed"] is null);
                break;
            case ["expect", "unclaimed", .. var reason]:
                await ClaimedAsync(claims => claims["verifiedAt"] is null && claims["diskComparedAt"] is null
                    && claims["notClaimed"]?.GetValue<string>().Contains(
                        string.Join(' ', reason), StringComparison.OrdinalIgnoreCase) == true);
                break;
            case ["expect", "unseen", var places, .. var place]:
                await UnseenAsync(int.Parse(places, CultureInfo.InvariantCulture), string.Join(' ', place));
                break;
            case ["expect", "refused", "other", .. var reason]:
                await _installation.UntilAsync(async () =>
                    await _installation.RefusalAsync(_libraries[^1].Id) is { } refusal
                        && refusal.Contains(string.Join(' ', reason), StringComparison.Ordinal)
                        ? null
                        : $"It is not refused, but {await _installation.StandingAsync(_libraries[^1].Id)}.");
                break;
            case ["expect", "unchanged"]:
                // Again and again for a little while: what is wrongly deleted is deleted after a moment.
                foreach (var library in _libraries)
                {
                    for (int i = 0; i < 10; i++)
                    {
                        Assert.Equal(library.Before, await PhotosAsync(library));
                        await Task.Delay(100, Cancellation);
                    }
                }

                break;
            case ["expect", "missing", var count]:
                await _installation.UntilAsync(async () =>
                    (await PhotosAsync(_libraries[0])).Count is var photos && photos == int.Parse(count, CultureInfo.InvariantCulture)
                        ? null
                        : $"{photos} photos are there.");
                break;
            case ["audit"]:
                foreach (var library in _libraries)
                    await _installation.AskAsync(library.Id, "compare");
                break;
            case ["accept", "deletions"]:
                await _installation.AskAsync(_libraries[0].Id, "deletions/accept");
                break;
            case ["refuse", "deletions"]:
                await _installation.AskAsync(_libraries[0].Id, "deletions/refuse");
                break;
            case ["accept", "root"]:
                await _installation.AskAsync(_libraries[0].Id, "root/accept");
                break;
            case ["define", "path", var path]:
                _libraries[0].Root = Path.Combine(_base, path);
                await _installation.ReplaceAsync(_libraries[0].Id, Definition(_libraries[0]));
                break;
            case ["define", "path", var path, "is", "refused"]:
                await RefusedAsync(path);
                break;
            case ["remove", "library"]:
                await _installation.RemoveAsync(_libraries[0].Id);
                await NoWatchAsync();
                _libraries.RemoveAt(0);
                break;
            case ["raise", "watches", var most]:
                _installation.RaiseWatches(int.Parse(most, CultureInfo.InvariantCulture));
                break;
            default:
                throw new FormatException("not understood");
        }
    }

    /// <summary>Waits until the catalog is the disk, and the kernel's watches are its directories.</summary>
    private async Task SettleAsync(Library library)
    {
        var files = Tree.Files(library.Root, _scenario.Pruned);
        List<Photo> photos = [];
        await _installation.UntilAsync(async () =>
        {
            photos = await _installation.PhotosAsync(library.Id);
            return Difference(files, photos);
        });
        Assert.Equal(photos.Count, photos.Select(photo => photo.PhotoId).Distinct().Count());
        library.Before = photos;
    }

    // Just the directories that are there: none twice, and none that has left.
    private async Task AreWatchedAsync(Library library)
    {
        await _installation.UntilAsync(() =>
        {
            var directories = Tree.Directories(library.Root, _scenario.Pruned);
            var watched = Tree.Watched(_installation.Watcher.Id);
            int missing = directories.Count(directory => !watched.Contains(directory));
            // Outside of the libraries, or excluded.
            var others = Tree.AllDirectories(_base);
            foreach (var each in _libraries)
                others.ExceptWith(Tree.Directories(each.Root, _scenario.Pruned));
            int needless = others.Count(watched.Contains);
            return Task.FromResult(missing + needless == 0
                ? null
                : $"Of {directories.Count} directories {missing} are not watched; of {others.Count} others {needless} are.");
        });
    }

    private Task NoWatchAsync() => _installation.UntilAsync(() =>
    {
        var watched = Tree.Watched(_installation.Watcher.Id);
        int left = Tree.Directories(_libraries[0].Root).Count(watched.Contains);
        return Task.FromResult(left == 0 ? null : $"{left} directories of a library that is removed are watched.");
    });

    private async Task StandsAsync(string state, string reason) => await _installation.UntilAsync(async () =>
    {
        var standing = await _installation.StandingAsync(_libraries[0].Id);
        return standing?.State == state && standing.Reason.Contains(reason, StringComparison.OrdinalIgnoreCase)
            ? null
            : $"The library is '{standing?.State}': {standing?.Reason}";
    });

    private async Task ClaimedAsync(Func<JsonNode, bool> isSo) => await _installation.UntilAsync(async () =>
    {
        var claims = await _installation.VerificationAsync(_libraries[0].Id);
        return isSo(claims) ? null : $"What is claimed is {claims.ToJsonString()}.";
    });

    private async Task UnseenAsync(int places, string place) => await _installation.UntilAsync(async () =>
    {
        var unseen = (await _installation.VerificationAsync(_libraries[0].Id))["unseen"];
        return unseen?["count"]?.GetValue<int>() == places && unseen["places"]!.ToJsonString().Contains(place, StringComparison.Ordinal)
            ? null
            : $"What is not seen is {unseen?.ToJsonString() ?? "nothing"}.";
    });

    private async Task RefusedAsync(string path)
    {
        var refused = await Assert.ThrowsAnyAsync<Exception>(() =>
            _installation.RegisterAsync(
                new { id = $"{_scenario.Name}-overlap", name = "Overlap", host = _installation.Host, path = Path.Combine(_base, path) }));
        Assert.Contains("overlap", refused.Message, StringComparison.OrdinalIgnoreCase);
    }

    private async Task<Photo> PhotoAsync(string path)
    {
        var library = LibraryOf(ref path);
        return Assert.Single(await PhotosAsync(library), photo => photo.Path == path);
    }

    private Task<List<Photo>> PhotosAsync(Library library) => _installation.PhotosAsync(library.Id);

    // other:a.jpg is in the other library.
    private Library LibraryOf(ref string path)
    {
        if (!path.StartsWith("other:", StringComparison.Ordinal))
            return _libraries[0];
        path = path["other:".Length..];
        return _libraries[^1];
    }

    private object Definition(Library library) => new
    {
        id = library.Id,
        name = library.Id,
        host = _installation.Host,
        path = library.Root,
        include = new[] { "**/*" },
        exclude = _scenario.Exclude,
        watch = _scenario.Watch,
    };

    internal static string? Difference(Dictionary<string, FileSays> files, List<Photo> photos)
    {
        var catalog = photos.ToDictionary(photo => photo.Path, photo => photo.File, StringComparer.Ordinal);
        var differences = files.Keys.Union(catalog.Keys)
            .Where(path => files.GetValueOrDefault(path) != catalog.GetValueOrDefault(path))
            .Select(
                path =>
                    $"\n  {path}: on the disk {files.GetValueOrDefault(path)?.ToString() ?? "nothing"}, "
                        + $"in the catalog {catalog.GetValueOrDefault(path)?.ToString() ?? "nothing"}")
            .ToList();
        return differences.Count == 0 ? null : $"{differences.Count} differences: {string.Concat(differences.Take(10))}";
    }

    private sealed class Library(string id, string root)
    {
        public string Id { get; } = id;
        public string Root { get; set; } = root;
        public List<Photo> Before { get; set; } = [];
    }
}
