// A gateway that speaks MongoDB's wire protocol in front of PostgreSQL with the DocumentDB extension.
//
// Why it exists: the product's catalog is MongoDB, and its tests want to run everywhere, but there is no package that
// installs a mongod. Where no container engine can run the real one, the tests run against DocumentDB, which is
// packaged, understands MongoDB's commands and documents, and lacks only the protocol. This adds it.
//
// It is for tests only. The product never refers to it, real MongoDB stays the reference, and what DocumentDB cannot do
// (change streams, transactions, collation, $where) is not made up for here.
//
//   Wire        messages in and out
//   Connection  one client: a request, an answer, the next request
//   Commands    which command is which SQL function
//   Errors      SQLSTATEs as the codes that MongoDB's clients expect

using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using WatchPhoto.TestServers.Gateway;

if (args is not [var listenOn, var postgresOn]
    || !ushort.TryParse(listenOn, CultureInfo.InvariantCulture, out var port))
{
    Console.Error.WriteLine(
        "usage: gateway PORT POSTGRES: the port to listen on (loopback), and PostgreSQL's port or socket directory.");
    return 2;
}

var isPort = ushort.TryParse(postgresOn, CultureInfo.InvariantCulture, out var postgresPort);
await using var database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder
{
    Host = isPort ? "127.0.0.1" : postgresOn,
    Port = isPort ? postgresPort : 5432,
    Username = "postgres",
    Database = "postgres",
    MaxPoolSize = 80,
    NoResetOnClose = true,
    MaxAutoPrepare = 40,
    AutoPrepareMinUsages = 2,
    CommandTimeout = 0,
    SslMode = SslMode.Disable,
    GssEncryptionMode = GssEncryptionMode.Disable,
});
await PrepareAsync(database);

// Listening is the sign that the database behind it answers.
using var listener = new TcpListener(IPAddress.Loopback, port);
listener.Start();
var commands = new Commands(database);
while (true)
{
    var client = await listener.AcceptTcpClientAsync();
    _ = new Connection(client, commands).RunAsync();
}

static async Task PrepareAsync(NpgsqlDataSource database)
{
    var giveUp = DateTime.UtcNow.AddMinutes(2);
    while (true)
    {
        try
        {
            // Two statements, because the second needs what the first made.
            await using var first = database.CreateCommand("CREATE EXTENSION IF NOT EXISTS documentdb CASCADE");
            await first.ExecuteNonQueryAsync();
            await using var second = database.CreateCommand("CREATE EXTENSION IF NOT EXISTS documentdb_extended_rum CASCADE");
            await second.ExecuteNonQueryAsync();
            // PostgreSQL outlives being killed, but not every one of DocumentDB's indexes does ("right sibling of RUM page is
            // of different type"). MongoDB's do, so they are made anew before anybody is answered.
            await using var third = database.CreateCommand("REINDEX SCHEMA documentdb_data");
            await third.ExecuteNonQueryAsync();
            return;
        }
        catch (NpgsqlException notYet) when (notYet.IsTransient && DateTime.UtcNow < giveUp)
        {
            await Task.Delay(50);
        }
    }
}
