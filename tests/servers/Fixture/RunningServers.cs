using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using MongoDB.Driver;

namespace WatchPhoto.Testing;

/// <summary>RabbitMQ and MongoDB, answering.</summary>
public abstract class RunningServers : IAsyncDisposable
{
    // A minute in all.
    private const int MostTries = 10;

    private readonly ConcurrentBag<string> _virtualHosts = [];
    private readonly ConcurrentBag<string> _databases = [];
    private bool _hasDiskAlarm;

    private protected RunningServers(Server rabbitMq, Server mongoDb, Uri managementUrl)
    {
        RabbitMq = rabbitMq;
        MongoDb = mongoDb;
        ManagementUrl = managementUrl;
        Management = CreateManagementClient(managementUrl);
    }

    public Server RabbitMq { get; }

    public Server MongoDb { get; }

    /// <summary>RabbitMQ's management, with user and password in it.</summary>
    public Uri ManagementUrl { get; }

    /// <summary>RabbitMQ's management API, logged in: <c>Management.GetAsync("api/overview")</c>.</summary>
    public HttpClient Management { get; }

    /// <summary>Whether the servers can be killed, stopped and started again.</summary>
    public abstract bool CanFault { get; }

    /// <summary>Has RabbitMQ believe that its disk is nearly full: it takes no more messages.</summary>
    public Task RaiseDiskAlarmAsync(CancellationToken cancellation = default)
    {
        _hasDiskAlarm = true;
        return SetDiskAlarmAsync(isRaised: true, cancellation);
    }

    public async Task ClearDiskAlarmAsync(CancellationToken cancellation = default)
    {
        await SetDiskAlarmAsync(isRaised: false, cancellation);
        _hasDiskAlarm = false;
    }

    private protected virtual bool AreThrownAway => true;

    /// <summary>A new, empty virtual host.</summary>
    public async Task<VirtualHost> CreateVirtualHostAsync(CancellationToken cancellation = default)
    {
        var name = $"test-{Guid.CreateVersion7():N}";
        _virtualHosts.Add(name);
        await PutAsync($"api/vhosts/{name}", new { }, cancellation);

        var user = Uri.UnescapeDataString(ManagementUrl.UserInfo.Split(':')[0]);
        await PutAsync(
            $"api/permissions/{name}/{Uri.EscapeDataString(user)}", new { configure = ".*", write = ".*", read = ".*" }, cancellation);
        return new VirtualHost(name, new UriBuilder(RabbitMq.ConnectionString) { Path = name }.Uri.AbsoluteUri);
    }

    // On a busy machine RabbitMQ's own waits end before it is done, and it says 500; the same once more changes nothing.
    private async Task PutAsync<T>(string path, T content, CancellationToken cancellation)
    {
        for (int tries = 1; ; tries++)
        {
            using var answer = await Management.PutAsJsonAsync(new Uri(path, UriKind.Relative), content, cancellation);
            if (tries == MostTries || (int)answer.StatusCode < 500)
            {
                answer.EnsureSuccessStatusCode();
                return;
            }

            await Task.Delay(TimeSpan.FromSeconds(tries), cancellation);
        }
    }

    /// <summary>The name of a database that does not exist yet.</summary>
    public string CreateDatabaseName()
    {
        var name = $"test-{Guid.CreateVersion7():N}";
        _databases.Add(name);
        return name;
    }

    /// <summary>A client of the MongoDB that gives up after seconds, not after half a minute.</summary>
    public MongoClient CreateMongoClient()
    {
        var settings = MongoClientSettings.FromConnectionString(MongoDb.ConnectionString);
        settings.ServerSelectionTimeout = TimeSpan.FromSeconds(5);
        return new MongoClient(settings);
    }

    public async ValueTask DisposeAsync()
    {
        if (!AreThrownAway) await RemoveTracesAsync();
        Management.Dispose();
        await EndAsync();
        GC.SuppressFinalize(this);
    }

    public override string ToString() =>
        $"{RabbitMq.ConnectionString} and {MongoDb.ConnectionString}";

    /// <summary>Undoes what a test has left that ended in the middle: servers that are killed or stopped, the disk alarm.</summary>
    internal async Task MendAsync(CancellationToken cancellation)
    {
        await RabbitMq.MendAsync(cancellation);
        await MongoDb.MendAsync(cancellation);
        if (_hasDiskAlarm) await ClearDiskAlarmAsync(cancellation);
    }

    private protected abstract Task SetDiskAlarmAsync(bool isRaised, CancellationToken cancellation);

    private protected virtual ValueTask EndAsync() => ValueTask.CompletedTask;

    internal static HttpClient CreateManagementClient(Uri url)
    {
        var user = Uri.UnescapeDataString(url.UserInfo);
        // RabbitMQ closes connections that were idle, and a request that is just being sent on one is lost.
        return new HttpClient(new SocketsHttpHandler { PooledConnectionIdleTimeout = TimeSpan.FromSeconds(2) })
        {
            Timeout = TimeSpan.FromMinutes(5),
            BaseAddress = new UriBuilder(url) { UserName = "", Password = "" }.Uri,
            DefaultRequestHeaders =
            {
                Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(user))),
            },
        };
    }

    private async Task RemoveTracesAsync()
    {
        foreach (var name in _virtualHosts)
        {
            using var deleted = await Management.DeleteAsync(new Uri($"api/vhosts/{name}", UriKind.Relative));
        }

        using var client = CreateMongoClient();
        foreach (var name in _databases) await client.DropDatabaseAsync(name);
    }
}

/// <param name="ConnectionString">amqp://user:password@host:port/name</param>
public sealed record VirtualHost(string Name, string ConnectionString);
