using WatchPhoto.Testing;

[assembly: AssemblyFixture(typeof(TestServers))]
