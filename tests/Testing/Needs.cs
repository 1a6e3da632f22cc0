namespace WatchPhoto.Testing;

/// <summary>What a test needs of the machine or the servers. Where that is missing the test is skipped, and says so.</summary>
public static class Needs
{
    /// <param name="purpose">What it does with them: "it mounts".</param>
    public static void Root(string purpose) =>
        Assert.SkipUnless(Environment.IsPrivilegedProcess, $"It needs the rights of root ({purpose}).");

    public static void Program(string name) => Assert.SkipUnless(Shell.Has(name), $"It needs the program {name}.");

    /// <summary>Servers that may be killed, stopped and started again.</summary>
    public static void OwnServers(RunningServers servers) =>
        Assert.SkipUnless(servers.CanFault, "It needs servers that it may kill and stop, and these are given by the environment.");
}
