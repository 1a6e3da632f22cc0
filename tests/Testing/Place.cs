using MongoDB.Driver;

namespace WatchPhoto.Testing;

/// <summary>A virtual host and a database of their own, for all processes that share them.</summary>
public sealed record Place(RunningServers Servers, VirtualHost VirtualHost, string Database)
{
    /// <summary>What a process is told of it.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["ConnectionStrings__RabbitMq"] = VirtualHost.ConnectionString,
        ["ConnectionStrings__MongoDb"] = MongoDb,
    };

    private string MongoDb
    {
        get
        {
            var url = new MongoUrlBuilder(Servers.MongoDb.ConnectionString) { DatabaseName = Database };
            if (url.Username is not null)
                url.AuthenticationSource ??= "admin";
            return url.ToString();
        }
    }

    public static async Task<Place> CreateAsync(RunningServers servers) =>
        new(servers, await servers.CreateVirtualHostAsync(TestContext.Current.CancellationToken), servers.CreateDatabaseName());
}
