using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Catalog.Algebra;

namespace WatchPhoto.Indexer.Sqlite;

internal sealed class SqlitePhotoCatalog(SqliteDatabase database, CatalogOptions options, TimeProvider clock) : IPhotoCatalog
{
    private const int PageSize = 1000;

    // A transaction that changes a million rows would keep the writer waiting for seconds.
    private const int ChangedAtOnce = 10_000;

    public Task ApplyAsync(FileEvents events, CancellationToken cancellationToken)
    {
        // All that needs no writer is done before one is waited for.
        var folded = FoldedEvents.Of(events);
        return database.WriteAsync(async writer =>
        {
            await RegisterAlgebra.ApplyAsync(writer.Registers, folded, options.CreateFrom(clock.GetUtcNow()), cancellationToken);
            return true;
        }, cancellationToken);
    }

    // In pages, each with a read of its own: a slow reader would else keep the log from being written back and it would grow.
    public async IAsyncEnumerable<Photo> ReadAsync(
        string libraryId, string? prefix, string? after, int? limit, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var range = PathRange.Of(prefix, after);
        for (int left = limit ?? int.MaxValue; left > 0;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var page = await Task.Run(() => ReadPage(libraryId, range, Math.Min(left, PageSize)), cancellationToken);
            foreach (var photo in page)
                yield return photo;
            if (page.Count < Math.Min(left, PageSize))
                yield break;
            left -= page.Count;
            range = range with { From = page[^1].Path, IsAfter = true };
        }
    }

    public Task<IReadOnlyList<Photo>> FindAsync(Guid photoId, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Photo>>(database.Read(connection =>
        {
            using var command = connection.CreateCommand();
            command.CommandText = $"SELECT {SqliteRow.PhotoColumns} FROM register WHERE photo_id = $photo ORDER BY library, path";
            command.Parameters.AddWithValue("$photo", SqliteRow.Bytes(photoId));
            return Photos(command);
        }));

    public Task<Proof> ProveAsync(string libraryId, CancellationToken cancellationToken) =>
        ProveAboveAsync(libraryId, floor: long.MinValue, cancellationToken);

    // On another thread: it looks at every register of the library.
    public Task<Proof> ProveAboveAsync(string libraryId, long floor, CancellationToken cancellationToken) => Task.Run(() => database.Read(connection =>
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"""
            SELECT ({HighestVersion("$library")}), count(digest), ifnull(sum(digest), 0)
            FROM register WHERE library = $library AND version > $floor
            """;
        command.Parameters.AddWithValue("$library", libraryId);
        command.Parameters.AddWithValue("$floor", floor);
        using var row = command.ExecuteReader();
        row.Read();
        return new Proof(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2));
    }), cancellationToken);

    public Task BuryUpToAsync(string libraryId, long floor, CancellationToken cancellationToken) =>
        database.WriteAsync(async writer =>
        {
            await RegisterAlgebra.RemoveAsync(writer.Registers, libraryId, [new Removal("", floor + 1)], cancellationToken);
            return true;
        }, cancellationToken);

    public async Task<long> LowerAsync(string libraryId, long version, CancellationToken cancellationToken) =>
        await ChangeAsync("register", "library, path", "UPDATE register SET version = $version",
            "library = $library AND version > $version", [("$library", libraryId), ("$version", version)], cancellationToken)
        + await ChangeAsync("removal", "library, directory", "UPDATE removal SET version = $version",
            "library = $library AND version > $version", [("$library", libraryId), ("$version", version)], cancellationToken);

    public Task<IReadOnlyDictionary<string, long>> HighestVersionsAsync(IReadOnlyCollection<string> libraryIds, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, long>>(database.Read(connection =>
        {
            using var command = connection.CreateCommand();
            command.CommandText = $"SELECT value, ({HighestVersion("value")}) FROM json_each($libraries)";
            command.Parameters.AddWithValue("$libraries", Json(libraryIds));
            using var row = command.ExecuteReader();
            var highest = new Dictionary<string, long>();
            while (row.Read())
            {
                if (row.GetInt64(1) is > 0 and var version)
                    highest.Add(row.GetString(0), version);
            }

            return highest;
        }));

    public async Task<long> ForgetAsync(IReadOnlyCollection<string> libraryIds, CancellationToken cancellationToken)
    {
        const string OfThese = "library IN (SELECT value FROM json_each($libraries))";
        (string, object?) these = ("$libraries", Json(libraryIds));
        return await DeleteAsync("register", "library, path", OfThese, these, cancellationToken)
            + await DeleteAsync("removal", "library, directory", OfThese, these, cancellationToken);
    }

    public async Task<long> ExpireAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        (string, object?) below = ("$version", options.ForgetBelow(now));
        return await DeleteAsync("register", "library, path", "digest IS NULL AND version < $version", below, cancellationToken)
            + await DeleteAsync("removal", "library, directory", "version < $version", below, cancellationToken);
    }

    // 0: there is nothing. A query to put in another.
    private static string HighestVersion(string library) => $"""
        SELECT max(ifnull((SELECT max(version) FROM register WHERE library = {library}), 0),
            ifnull((SELECT max(version) FROM removal WHERE library = {library}), 0))
        """;

    private static string Json(IReadOnlyCollection<string> texts) => JsonSerializer.Serialize(texts);

    private List<Photo> ReadPage(string libraryId, PathRange range, int size) => database.Read(connection =>
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"""
            SELECT {SqliteRow.PhotoColumns} FROM register
            WHERE library = $library AND path {(range.IsAfter ? ">" : ">=")} $from AND path < $end AND digest IS NOT NULL
            ORDER BY path LIMIT $size
            """;
        command.Parameters.AddWithValue("$library", libraryId);
        command.Parameters.AddWithValue("$from", range.From);
        command.Parameters.AddWithValue("$end", SqliteRow.End(range));
        command.Parameters.AddWithValue("$size", size);
        return Photos(command);
    });

    private static List<Photo> Photos(SqliteCommand command)
    {
        List<Photo> photos = [];
        using var row = command.ExecuteReader();
        while (row.Read())
            photos.Add(SqliteRow.Photo(row));
        return photos;
    }

    private Task<long> DeleteAsync(
        string table, string key, string condition, (string, object?) parameter, CancellationToken cancellationToken) =>
        ChangeAsync(table, key, $"DELETE FROM {table}", condition, [parameter], cancellationToken);

    private async Task<long> ChangeAsync(
        string table, string key, string change, string condition, (string, object?)[] parameters, CancellationToken cancellationToken)
    {
        string sql = $"{change} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE {condition} LIMIT {ChangedAtOnce})";
        for (long changed = 0; ;)
        {
            int some = await database.WriteAsync(writer => writer.Execute(sql, parameters), cancellationToken);
            changed += some;
            if (some < ChangedAtOnce)
                return changed;
        }
    }
}
