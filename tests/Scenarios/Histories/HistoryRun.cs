using System.Diagnostics;
using WatchPhoto.Scenarios.Tests.Running;

namespace WatchPhoto.Scenarios.Tests.Histories;

/// <summary>
/// Some histories side by side against one watcher, which is stopped, continued, killed and started at random instants
/// meanwhile. After each round the catalog is the disk, and the kernel watches its directories and no others.
/// </summary>
internal sealed class HistoryRun(Installation installation, IReadOnlyList<History> histories)
{
    // An action asked of a watcher that is just connecting again reaches nobody.
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(15);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The libraries' ids.</summary>
    public IEnumerable<string> Libraries => histories.SelectMany(history => new[] { Id(history, "one"), Id(history, "two") });

    /// <returns>What differed, by history.</returns>
    public async Task<List<string>> RunAsync(int rounds, Random random)
    {
        List<string> differences = [];
        await BeginAsync();
        for (int round = 0; round < rounds && differences.Count == 0; round++)
        {
            using var over = new CancellationTokenSource();
            var faults = FaultsAsync(random, random.Next(4), over.Token);
            await LiveAsync(round);
            await over.CancelAsync();
            await faults;
            differences = await DifferencesAsync(round);
        }

        await EndAsync();
        return differences;
    }

    public Task BeginAsync()
    {
        foreach (var history in histories)
            history.Begin();
        return AllAsync(RegisterAsync);
    }

    public Task LiveAsync(int round, int slowness = 1) => Task.WhenAll(histories.Select(history => history.LiveAsync(round, slowness)));

    /// <returns>What still differs, by history, after all had time to become equal.</returns>
    public async Task<List<string>> DifferencesAsync(int round)
    {
        var differences = new List<string>();
        await AllAsync(async history =>
        {
            if (await DifferenceAsync(history) is { } difference)
            {
                lock (differences)
                    differences.Add($"Seed {history.Seed}, round {round}: {difference}\n{history.Log}");
            }
        });
        if (differences.Count == 0 && await LeakAsync() is { } leak)
            differences.Add($"Seeds {histories[0].Seed} to {histories[^1].Seed}, round {round}: {leak}");
        return differences;
    }

    public Task EndAsync() => AllAsync(async history =>
    {
        foreach (var library in new[] { "one", "two" })
            await installation.RemoveAsync(Id(history, library));
        history.End();
    });

    private static string Id(History history, string library) => $"h{history.Seed}-{library}";

    private async Task RegisterAsync(History history)
    {
        foreach (var library in new[] { "one", "two" })
        {
            await installation.RegisterAsync(new
            {
                id = Id(history, library), name = library, host = installation.Host, path = Path.Combine(history.Base, library),
                include = new[] { "**/*" },
            });
        }
    }

    private async Task FaultsAsync(Random random, int kind, CancellationToken over)
    {
        for (bool again = true; again; again = again && kind == 1 && !over.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(random.Next(20, 400), over);
            }
            catch (OperationCanceledException)
            {
                again = false;
            }

            switch (kind)
            {
                case 1:
                    installation.Watcher.Stop();
                    await Task.Delay(random.Next(10, 200), Cancellation);
                    installation.Watcher.Continue();
                    break;
                case 2:
                    installation.Watcher.Kill();
                    await Task.Delay(random.Next(1, 300), Cancellation);
                    await installation.StartAsync();
                    break;
            }
        }
    }

    private async Task<string?> DifferenceAsync(History history)
    {
        string? difference = null;
        foreach (var library in new[] { "one", "two" })
        {
            // No event tells what was written through another name, or that a disk was mounted.
            bool isCompared = history.HasLinks || history.HasMounts;
            long? asked = null;
            var files = Tree.Files(Path.Combine(history.Base, library));
            try
            {
                await installation.UntilAsync(async () =>
                {
                    if (isCompared && (asked is null || Stopwatch.GetElapsedTime(asked.Value) > AskAgain))
                    {
                        await installation.AskAsync(Id(history, library), "compare");
                        asked = Stopwatch.GetTimestamp();
                    }

                    var photos = await installation.PhotosAsync(Id(history, library));
                    return difference = ScenarioRun.Difference(files, photos)
                        ?? (photos.Select(photo => photo.PhotoId).Distinct().Count() < photos.Count ? "one photo id at two paths" : null);
                });
            }
            catch (Xunit.Sdk.FailException failure)
            {
                return $"{library}: {failure.Message}";
            }
        }

        return difference;
    }

    private async Task<string?> LeakAsync()
    {
        var libraries = histories.SelectMany(history => new[] { Path.Combine(history.Base, "one"), Path.Combine(history.Base, "two") })
            .ToList();
        if (installation.OwnLibrary is { } own)
            libraries.Add(own);
        var directories = libraries.SelectMany(library => Tree.Directories(library)).ToHashSet();
        try
        {
            await installation.UntilAsync(() =>
            {
                var watched = Tree.Watched(installation.Watcher.Id);
                int missing = directories.Count(directory => !watched.Contains(directory));
                int expected = Math.Min(directories.Count, installation.MostWatches);
                return Task.FromResult(watched.Count == expected && missing == directories.Count - expected
                    ? null
                    : $"{watched.Count} watches for {directories.Count} directories, of which {missing} are not watched; "
                    + $"needless (device, inode): "
                        + string.Join(' ', watched.Where(each => !directories.Contains(each))));
            });
            return null;
        }
        catch (Xunit.Sdk.FailException failure)
        {
            return failure.Message;
        }
    }

    private Task AllAsync(Func<History, Task> work) =>
        Parallel.ForEachAsync(histories, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (history, _) => await work(history));
}
