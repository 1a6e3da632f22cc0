namespace WatchPhoto.Testing;

public static class FaultableServers
{
    /// <summary>Servers that may be killed, stopped and started again; a test of those of somebody else is skipped.</summary>
    public static async Task<RunningServers> StartFaultableAsync(this TestServers servers)
    {
        var own = await servers.StartAsync(TestContext.Current.CancellationToken);
        Needs.OwnServers(own);
        return own;
    }
}
