using WatchPhoto.Contracts;
using WatchPhoto.Scenarios.Tests.Histories;
using WatchPhoto.Testing;

namespace WatchPhoto.Scenarios.Tests.Chaos;

/// <summary>
/// Histories side by side on both hosts, and in each round faults as they were thought up from the same seed. When a round is
/// over and everything is back, each catalog is its disk, and says so; no message has failed.
/// </summary>
internal sealed class ChaosRun
{
    // So that a round is about as long as its faults.
    private const int Busyness = 5;
    private const int Slowness = 4;

    private readonly Fleet _fleet;
    private readonly List<HistoryRun> _runs;
    private readonly List<Schedule> _schedules;
    private readonly int _seed;
    private readonly Stranger? _stranger;

    /// <param name="stranger">Who sends what nobody should, meanwhile.</param>
    public ChaosRun(Fleet fleet, int seed, int rounds, int historiesOnHost, string directory, Stranger? stranger)
    {
        (_fleet, _seed, _stranger) = (fleet, seed, stranger);
        var random = new Random(seed);
        _schedules = [.. Enumerable.Range(0, rounds).Select(_ => new Schedule(random))];
        Histories = [.. Enumerable.Range(seed * 100, historiesOnHost * fleet.Hosts.Count)
            .Select(one => new History(one, Directory.CreateDirectory($"{directory}/{one}").FullName, rounds, Busyness))];
        _runs =
        [
            .. fleet.Hosts.Select((host, which) =>
                new HistoryRun(host, [.. Histories.Skip(which * historiesOnHost).Take(historiesOnHost)])),
        ];
    }

    public IReadOnlyList<History> Histories { get; }

    public IEnumerable<(Victim Victim, Harm Harm)> Harms => _schedules.SelectMany(schedule => schedule.Harms);

    /// <returns>What differed.</returns>
    public async Task<List<string>> RunAsync()
    {
        List<string> differences = [];
        foreach (var run in _runs)
            await run.BeginAsync();
        for (int round = 0; round < _schedules.Count && differences.Count == 0; round++)
        {
            var schedule = _schedules[round];
            await LiveAsync(round, schedule);
            await _fleet.AreReadyAsync();
            foreach (var run in _runs)
                differences.AddRange(await run.DifferencesAsync(round));
            if (differences.Count == 0 && await UnprovenAsync(schedule) is { } unproven)
                differences.Add($"Round {round}: {unproven}");
            if (differences.Count > 0)
                differences[0] = $"WATCHPHOTO_SEED={_seed}, round {round}, in which:\n{schedule}{differences[0]}";
        }

        if (differences.Count == 0)
        {
            foreach (var run in _runs)
                await run.EndAsync();
        }

        return differences;
    }

    private async Task LiveAsync(int round, Schedule schedule)
    {
        using var over = new CancellationTokenSource();
        bool isPurged = schedule.Harms.Any(each => each.Harm == Harm.Purge);
        string[] libraries = [.. _runs.SelectMany(run => run.Libraries)];
        var bothering = _stranger?.BotherAsync(libraries, isPurged, new Random(_seed + round), over.Token) ?? Task.CompletedTask;
        try
        {
            await Task.WhenAll(
                [.. _runs.Select(run => run.LiveAsync(round, Slowness)), _fleet.HarmAsync(schedule, new Random(_seed + round))]);
        }
        finally
        {
            await over.CancelAsync();
            await bothering;
        }
    }

    private async Task<string?> UnprovenAsync(Schedule schedule)
    {
        try
        {
            await NothingFailedAsync(schedule);
            var now = DateTimeOffset.UtcNow;
            foreach (var (host, library) in _fleet.Hosts.Zip(_runs).SelectMany(
                pair => pair.Second.Libraries.Select(library => (pair.First, library))))
            {
                await host.UntilAsync(async () =>
                {
                    var verification = await host.VerificationAsync(library);
                    if (verification["verifiedAt"]?.GetValue<DateTimeOffset>() > now)
                        return null;
                    // Of a disk that came back to a watcher that lost its state meanwhile nothing is claimed.
                    var standing = await host.StandingAsync(library);
                    return standing is { State: "degraded" } && standing.Reason.Contains("mounted over", StringComparison.Ordinal)
                        ? null
                        : $"{library} is not verified: {verification.ToJsonString()}; {standing}";
                });
            }

            await NothingFailedAsync(schedule);
            return null;
        }
        catch (Xunit.Sdk.FailException failure)
        {
            return failure.Message;
        }
    }

    private Task NothingFailedAsync(Schedule schedule) => _fleet.Hosts[0].UntilAsync(async () =>
    {
        string? found = null;
        while (await _fleet.Broker.ReadAsync(BusNames.IndexerErrorQueue, keep: false) is { Count: > 0 } messages)
        {
            foreach (var message in messages)
            {
                if (_stranger?.Recognizes(message) == true)
                    continue;
                found = $"In the error queue: {message.Headers.GetValueOrDefault("MT-Fault-Message")}\n{message.Body}";
                // Events of a library that nobody has registered are refused; when it is back, a person moves them back.
                if (!schedule.Harms.Any(each => each.Harm == Harm.EmptyRegistry))
                    Assert.Fail(found);
                await _fleet.Broker.PublishAsync(Broker.DefaultExchange, BusNames.IndexerQueue, message.Body);
            }
        }

        if (_stranger?.Wrong is [var wrong, ..])
            Assert.Fail(wrong);
        return found ?? _stranger?.Missing;
    });
}
