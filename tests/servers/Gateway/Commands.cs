using System.Collections.Concurrent;
using MongoDB.Bson;
using MongoDB.Bson.Serialization;
using Npgsql;
using NpgsqlTypes;

namespace WatchPhoto.TestServers.Gateway;

/// <summary>Which command of MongoDB is which function of DocumentDB.</summary>
/// <remarks>
/// The SQL of all of them takes the database ($1), the command's document just as it came ($2), and where documents
/// travel beside the command those ($3). bytea turns into DocumentDB's bson by itself; the way back needs a cast.
/// </remarks>
internal sealed class Commands(NpgsqlDataSource database) : IDisposable
{
    private const string Api = "documentdb_api";
    private const string Internal = "documentdb_api_internal";

    // What DocumentDB wants back to go on with a cursor.
    private readonly ConcurrentDictionary<long, byte[]> _continuations = new();

    // Two index builds on one collection deadlock.
    private readonly SemaphoreSlim _indexBuild = new(1);

    public Task<byte[]> AnswerAsync(Request request) => request.Name switch
    {
        "hello" or "isMaster" or "ismaster" => Answer(Hello()),
        "ping" or "endSessions" => Answer([]),
        "buildInfo" or "buildinfo" => Answer(BuildInfo()),
        "getParameter" => Answer([]),
        "connectionStatus" => Answer(new() { ["authInfo"] = new BsonDocument("authenticatedUsers", new BsonArray()) }),

        "find" => FirstPageAsync(request, "find"),
        "aggregate" => FirstPageAsync(request, "aggregate"),
        "listCollections" => FirstPageAsync(request, "list_collections"),
        "listIndexes" => FirstPageAsync(request, "list_indexes"),
        "getMore" => NextPageAsync(request),
        "killCursors" => KillCursorsAsync(request),

        // update() and insert() as functions are one transaction, in which clients with overlapping keys wait for each
        // other without end; the procedures commit as they go.
        "insert" => CallAsync(request, $"CALL {Api}.insert_bulk($1, $2, $3, NULL)"),
        "update" => CallAsync(request, $"CALL {Api}.update_bulk($1, $2, $3, NULL)"),
        "delete" => WriteAsync(request, $"SELECT p_result::bytea, p_success FROM {Api}.delete($1, $2, $3)", withSequence: true),
        "findAndModify" or "findandmodify" =>
            WriteAsync(request, $"SELECT p_result::bytea, p_success FROM {Api}.find_and_modify($1, $2)", withSequence: false),

        "count" => QueryAsync(request, $"SELECT document::bytea FROM {Api}.count_query($1, $2)"),
        "distinct" => QueryAsync(request, $"SELECT document::bytea FROM {Api}.distinct_query($1, $2)"),
        "create" => QueryAsync(request, $"SELECT {Api}.create_collection_view($1, $2)::bytea"),
        "createIndexes" =>
            IndexesAsync(request, $"SELECT {Internal}.create_indexes_non_concurrently($1, $2, true)::bytea"),
        "dropIndexes" => IndexesAsync(request, $"SELECT {Internal}.drop_indexes_non_concurrently($1, $2)::bytea"),
        "listDatabases" => GlobalAsync(request, $"SELECT {Api}.list_databases($1)::bytea"),
        "renameCollection" => GlobalAsync(request, $"SELECT {Api}.rename_collection($1)::bytea"),
        "collStats" => OnCollectionAsync(request, $"SELECT {Api}.coll_stats($1, $2)::bytea"),
        "dbStats" => OnDatabaseAsync(request, $"SELECT {Api}.db_stats($1)::bytea"),
        "collMod" =>
            ScalarAsync($"SELECT {Api}.coll_mod($1, $2, $3)::bytea", request.Database, Collection(request), request.Command),
        "drop" => DropAsync(request),
        "dropDatabase" => DropDatabaseAsync(request),
        "explain" => ExplainAsync(request),

        _ => Task.FromResult(Errors.Reply(59, "CommandNotFound", $"no such command: '{request.Name}'").ToBson()),
    };

    public void Dispose() => _indexBuild.Dispose();

    private static Task<byte[]> Answer(BsonDocument answer)
    {
        answer["ok"] = 1.0;
        return Task.FromResult(answer.ToBson());
    }

    // Neither a replica set's name nor 'isdbgrid': a standalone server. Without a topology version clients poll, which
    // needs no connection that waits.
    private static BsonDocument Hello() => new()
    {
        ["helloOk"] = true,
        ["ismaster"] = true,
        ["isWritablePrimary"] = true,
        ["maxBsonObjectSize"] = 16 * 1024 * 1024,
        ["maxMessageSizeBytes"] = 48_000_000,
        ["maxWriteBatchSize"] = 25_000,
        ["localTime"] = DateTime.UtcNow,
        ["logicalSessionTimeoutMinutes"] = 30,
        ["minWireVersion"] = 0,
        ["maxWireVersion"] = 21,
        ["readOnly"] = false,
    };

    private static BsonDocument BuildInfo() => new()
    {
        ["version"] = "7.0.0",
        ["versionArray"] = new BsonArray { 7, 0, 0, 0 },
        ["gitVersion"] = "documentdb",
        ["maxBsonObjectSize"] = 16 * 1024 * 1024,
    };

    private async Task<byte[]> FirstPageAsync(Request request, string function)
    {
        await using var command = Command(
            $"SELECT cursorpage::bytea, continuation::bytea, cursorid FROM {Api}.{function}_cursor_first_page($1, $2)",
            request.Database,
            request.Command);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        if (!reader.IsDBNull(1)) _continuations[reader.GetInt64(2)] = reader.GetFieldValue<byte[]>(1);
        return reader.GetFieldValue<byte[]>(0);
    }

    private async Task<byte[]> NextPageAsync(Request request)
    {
        var cursor = request.Document["getMore"].ToInt64();
        if (!_continuations.TryGetValue(cursor, out var continuation))
            return Errors.Reply(43, "CursorNotFound", $"cursor id {cursor} not found").ToBson();

        await using var command = Command(
            $"SELECT cursorpage::bytea, continuation::bytea FROM {Api}.cursor_get_more($1, $2, $3)",
            request.Database,
            request.Command,
            continuation);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        if (reader.IsDBNull(1)) _continuations.TryRemove(cursor, out _);
        else _continuations[cursor] = reader.GetFieldValue<byte[]>(1);
        return reader.GetFieldValue<byte[]>(0);
    }

    private async Task<byte[]> KillCursorsAsync(Request request)
    {
        var cursors = request.Document["cursors"].AsBsonArray.Select(cursor => cursor.ToInt64()).ToArray();
        foreach (var cursor in cursors) _continuations.TryRemove(cursor, out _);

        await using var command = database.CreateCommand($"SELECT {Internal}.delete_cursors($1)::bytea");
        command.Parameters.Add(new() { Value = cursors, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        await command.ExecuteScalarAsync();
        return await Answer(new()
        {
            ["cursorsKilled"] = new BsonArray(cursors),
            ["cursorsNotFound"] = new BsonArray(),
            ["cursorsAlive"] = new BsonArray(),
            ["cursorsUnknown"] = new BsonArray(),
        });
    }

    private async Task<byte[]> CallAsync(Request request, string sql)
    {
        await using var command = CommandWithSequence(sql, request);
        // What a procedure returns cannot be cast, so it comes as text: BSONHEX and the bytes in hexadecimal.
        command.UnknownResultTypeList = [true, false];
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return Translated(Convert.FromHexString(reader.GetString(0).AsSpan("BSONHEX".Length)), reader.GetBoolean(1));
    }

    private async Task<byte[]> WriteAsync(Request request, string sql, bool withSequence)
    {
        await using var command = withSequence
            ? CommandWithSequence(sql, request)
            : Command(sql, request.Database, request.Command);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return Translated(reader.GetFieldValue<byte[]>(0), reader.GetBoolean(1));
    }

    private static byte[] Translated(byte[] reply, bool success)
    {
        if (success) return reply;

        var document = BsonSerializer.Deserialize<BsonDocument>(reply);
        Errors.Translate(document);
        return document.ToBson();
    }

    private async Task<byte[]> IndexesAsync(Request request, string sql)
    {
        await _indexBuild.WaitAsync();
        try
        {
            var reply = BsonSerializer.Deserialize<BsonDocument>(await QueryAsync(request, sql));
            var inner = reply.TryGetValue("raw", out var raw) ? raw["defaultShard"].AsBsonDocument : reply;
            Errors.Translate(inner);
            return inner.ToBson();
        }
        finally
        {
            _indexBuild.Release();
        }
    }

    private Task<byte[]> QueryAsync(Request request, string sql) => ScalarAsync(sql, request.Database, request.Command);

    private Task<byte[]> GlobalAsync(Request request, string sql) => ScalarAsync(sql, request.Command);

    private Task<byte[]> OnDatabaseAsync(Request request, string sql) => ScalarAsync(sql, request.Database);

    private Task<byte[]> OnCollectionAsync(Request request, string sql) =>
        ScalarAsync(sql, request.Database, Collection(request));

    private async Task<byte[]> DropAsync(Request request)
    {
        await using var command = Command($"SELECT {Api}.drop_collection($1, $2)", request.Database, Collection(request));
        await command.ExecuteScalarAsync();
        return await Answer(new() { ["ns"] = $"{request.Database}.{Collection(request)}" });
    }

    private async Task<byte[]> DropDatabaseAsync(Request request)
    {
        await using var command = Command($"SELECT {Api}.drop_database($1)", request.Database);
        await command.ExecuteNonQueryAsync();
        return await Answer(new() { ["dropped"] = request.Database });
    }

    private async Task<byte[]> ExplainAsync(Request request)
    {
        var explained = request.Document["explain"].AsBsonDocument;
        var name = explained.GetElement(0).Name;
        if (name is not ("find" or "aggregate" or "count" or "distinct"))
            return Errors.Reply(115, "CommandNotSupported", $"cannot explain '{name}'").ToBson();

        var function = name == "aggregate" ? "pipeline" : name;
        await using var command = Command(
            $"EXPLAIN SELECT document FROM documentdb_api_catalog.bson_aggregation_{function}($1, $2)",
            request.Database,
            explained.ToBson());
        await using var reader = await command.ExecuteReaderAsync();
        var plan = new BsonArray();
        while (await reader.ReadAsync()) plan.Add(reader.GetString(0));
        return await Answer(new() { ["queryPlanner"] = new BsonDocument("winningPlan", plan) });
    }

    private static string Collection(Request request) => request.Document.GetElement(0).Value.AsString;

    private async Task<byte[]> ScalarAsync(string sql, params object[] parameters)
    {
        await using var command = Command(sql, parameters);
        return (byte[])(await command.ExecuteScalarAsync())!;
    }

    private NpgsqlCommand CommandWithSequence(string sql, Request request)
    {
        var command = Command(sql, request.Database, request.Command);
        command.Parameters.Add(Bytes((object?)request.Sequence ?? DBNull.Value));
        return command;
    }

    private NpgsqlCommand Command(string sql, params object[] parameters)
    {
        var command = database.CreateCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter is byte[]
                ? Bytes(parameter)
                : new() { Value = parameter, NpgsqlDbType = NpgsqlDbType.Text });
        }

        return command;
    }

    private static NpgsqlParameter Bytes(object value) => new() { Value = value, NpgsqlDbType = NpgsqlDbType.Bytea };
}
