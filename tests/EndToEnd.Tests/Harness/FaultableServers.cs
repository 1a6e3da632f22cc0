using WatchPhoto.Testing;

namespace WatchPhoto.EndToEnd.Tests.Harness;

internal static class FaultableServers
{
    /// <summary>Servers that may be killed, stopped and started again; a test of those of somebody else is skipped.</summary>
    public static async Task<RunningServers> StartFaultableAsync(this TestServers servers)
    {
        var own = await servers.StartAsync(TestContext.Current.CancellationToken);
        Assert.SkipUnless(own.CanFault, "the servers are given by the environment, and not ours to kill or stop");
        return own;
    }
}
