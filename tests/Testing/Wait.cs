using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace WatchPhoto.Testing;

/// <summary>Waiting for a condition, never for a time.</summary>
public static class Wait
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(1);
    // What runs in the test's own process answers at once.
    private static readonly TimeSpan IntervalInside = TimeSpan.FromMilliseconds(5);

    /// <param name="problem">What is still wrong; null: nothing, and the waiting is over.</param>
    public static async Task UntilAsync(Func<Task<string?>> problem, TimeSpan? deadline = null)
    {
        var limit = deadline ?? Patience.Usual;
        var patience = new Patience(limit);
        while (true)
        {
            long looked = Stopwatch.GetTimestamp();
            if (await problem() is not { } wrong)
                return;
            if (patience.IsOver())
                Assert.Fail(InVain(limit, wrong));
            // Who looks takes the processor from who is waited for: at most half of the time.
            var took = Stopwatch.GetElapsedTime(looked);
            var pause = took < Interval ? Interval : took < LongestInterval ? took : LongestInterval;
            await Task.Delay(pause, TestContext.Current.CancellationToken);
        }
    }

    /// <param name="otherwise">What is wrong while it is not so; by default the condition is shown.</param>
    public static Task UntilAsync(
        Func<Task<bool>> condition, [CallerArgumentExpression(nameof(condition))] string otherwise = "", TimeSpan? deadline = null) =>
        UntilAsync(async () => await condition() ? null : otherwise, deadline);

    /// <inheritdoc cref="UntilAsync(Func{Task{bool}}, string, TimeSpan?)"/>
    public static Task UntilAsync(
        Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string otherwise = "", TimeSpan? deadline = null) =>
        UntilAsync(() => Task.FromResult(condition() ? null : otherwise), deadline);

    /// <summary>The same for a test that awaits nothing.</summary>
    /// <inheritdoc cref="UntilAsync(Func{Task{bool}}, string, TimeSpan?)"/>
    public static void Until(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string otherwise = "")
    {
        var patience = new Patience();
        while (!condition())
        {
            if (patience.IsOver())
                Assert.Fail(InVain(Patience.Usual, otherwise));
            Thread.Sleep(IntervalInside);
        }
    }

    /// <summary>Waits, but not for a process that has died.</summary>
    /// <param name="problem">What is still wrong. A server on a busy machine that does not answer in time is asked again.</param>
    public static Task UntilAsync(IEnumerable<ServiceProcess> running, Func<Task<string?>> problem, TimeSpan? deadline = null) =>
        UntilAsync(
        async () =>
        {
            if (running.FirstOrDefault(process => process.HasEnded) is { } dead)
                Assert.Fail($"The {dead.Name} has ended by itself.\n{dead.LastLines(40)}");
            try
            {
                return await problem();
            }
            catch (HttpRequestException exception)
            {
                return exception.Message;
            }
        },
        deadline);

    private static string InVain(TimeSpan limit, string wrong) => $"After {limit.TotalSeconds:0.#} s: {wrong}";
}
