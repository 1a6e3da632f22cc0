using System.Diagnostics;

namespace WatchPhoto.EndToEnd.Tests.Harness;

/// <summary>Waiting for a condition, never for a time.</summary>
internal static class Wait
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(1);

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
                Assert.Fail($"After {limit.TotalSeconds:0.#} s: {wrong}");
            // Who looks takes the processor from who is waited for: at most half of the time.
            var took = Stopwatch.GetElapsedTime(looked);
            var pause = took < Interval ? Interval : took < LongestInterval ? took : LongestInterval;
            await Task.Delay(pause, TestContext.Current.CancellationToken);
        }
    }

    public static Task UntilAsync(Func<Task<bool>> condition, string otherwise, TimeSpan? deadline = null) =>
        UntilAsync(async () => await condition() ? null : otherwise, deadline);

    public static Task UntilAsync(Func<bool> condition, string otherwise, TimeSpan? deadline = null) =>
        UntilAsync(() => Task.FromResult(condition() ? null : otherwise), deadline);
}
