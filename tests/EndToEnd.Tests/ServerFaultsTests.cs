using MongoDB.Bson;
using MongoDB.Driver;
using WatchPhoto.Testing;

namespace WatchPhoto.EndToEnd.Tests;

/// <summary>The servers can be killed, stopped and brought back, and lose nothing that they confirmed.</summary>
public sealed class ServerFaultsTests(OwnServers servers) : IClassFixture<OwnServers>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RabbitMq_comes_back_after_being_killed_with_the_same_port_and_its_messages()
    {
        var own = await servers.StartFaultableAsync();
        var host = await own.CreateVirtualHostAsync(Cancellation);
        await Letters.DeclareQueueAsync(own, host);
        await Letters.PublishAsync(own, host, "kept");

        await own.RabbitMq.KillAsync(Cancellation);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => Letters.GetAsync(own, host));
        await own.RabbitMq.StartAsync(Cancellation);

        await Wait.UntilAsync(async () => await Letters.GetAsync(own, host) == "kept", "The letter is not there.");
    }

    [Fact]
    public async Task RabbitMq_answers_nobody_while_stopped_and_everybody_when_it_continues()
    {
        var own = await servers.StartFaultableAsync();

        await own.RabbitMq.StopAsync(Cancellation);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            own.Management.GetAsync(new Uri("api/overview", UriKind.Relative), patience.Token));
        await own.RabbitMq.ContinueAsync(Cancellation);

        using var overview = await own.Management.GetAsync(new Uri("api/overview", UriKind.Relative), Cancellation);
        Assert.True(overview.IsSuccessStatusCode);
    }

    [Fact]
    public async Task MongoDb_comes_back_after_being_killed_with_every_write_it_has_confirmed()
    {
        var own = await servers.StartFaultableAsync();
        using var client = own.CreateMongoClient();
        var photos = client.GetDatabase(own.CreateDatabaseName()).GetCollection<BsonDocument>("photos");
        // What a test before has harmed was mended just now.
        await Wait.UntilAsync(async () =>
        {
            try
            {
                await photos.CountDocumentsAsync(new BsonDocument(), cancellationToken: Cancellation);
                return null;
            }
            catch (Exception exception) when (exception is MongoException or TimeoutException)
            {
                return exception.Message;
            }
        });
        var confirmed = 0;
        var writing = Task.Run(
            async () =>
            {
                while (true)
                {
                    await photos.InsertOneAsync(new BsonDocument("_id", confirmed), cancellationToken: Cancellation);
                    Interlocked.Increment(ref confirmed);
                }
            },
            Cancellation);
        await Wait.UntilAsync(() => Volatile.Read(ref confirmed) > 100, "Nothing is written.");

        await own.MongoDb.KillAsync(Cancellation);
        // In the middle of a write, or before the next one has found a server.
        Assert.True(await Assert.ThrowsAnyAsync<Exception>(() => writing) is MongoException or TimeoutException);
        await own.MongoDb.StartAsync(Cancellation);

        // One more may have been written and not been confirmed.
        var kept = await photos.CountDocumentsAsync(FilterDefinition<BsonDocument>.Empty, cancellationToken: Cancellation);
        Assert.InRange(kept, confirmed, confirmed + 1);
    }

    [Fact]
    public async Task MongoDb_answers_nobody_while_stopped_and_everybody_when_it_continues()
    {
        var own = await servers.StartFaultableAsync();
        using var client = own.CreateMongoClient();
        var photos = client.GetDatabase(own.CreateDatabaseName()).GetCollection<BsonDocument>("photos");
        await photos.InsertOneAsync(new BsonDocument("_id", 1), cancellationToken: Cancellation);

        await own.MongoDb.StopAsync(Cancellation);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            photos.CountDocumentsAsync(FilterDefinition<BsonDocument>.Empty, cancellationToken: patience.Token));
        await own.MongoDb.ContinueAsync(Cancellation);

        Assert.Equal(1, await photos.CountDocumentsAsync(FilterDefinition<BsonDocument>.Empty, cancellationToken: Cancellation));
    }

    [Fact]
    public async Task What_a_test_has_left_that_ended_in_the_middle_is_whole_again_for_the_next()
    {
        var own = await servers.StartFaultableAsync();
        await own.RaiseDiskAlarmAsync(Cancellation);
        await own.RabbitMq.StopAsync(Cancellation);
        await own.MongoDb.KillAsync(Cancellation);

        Assert.Same(own, await servers.StartFaultableAsync());

        var host = await own.CreateVirtualHostAsync(Cancellation);
        await Letters.DeclareQueueAsync(own, host);
        await Letters.PublishAsync(own, host, "taken");
        Assert.Equal("taken", await Letters.GetAsync(own, host));
        using var client = own.CreateMongoClient();
        var photos = client.GetDatabase(own.CreateDatabaseName()).GetCollection<BsonDocument>("photos");
        await Wait.UntilAsync(async () =>
        {
            try
            {
                await photos.ReplaceOneAsync(
                    new BsonDocument("_id", 1), new BsonDocument("_id", 1), new ReplaceOptions { IsUpsert = true }, Cancellation);
                return null;
            }
            catch (MongoConnectionException exception)
            {
                // The driver has connections of before the kill.
                return exception.Message;
            }
        });
    }
}
