using System.Text.Json;
using Microsoft.Data.Sqlite;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Catalog.Algebra;
using WatchPhoto.Sqlite;

namespace WatchPhoto.Indexer.Sqlite;

/// <summary>The steps inside of one transaction.</summary>
internal sealed class SqliteRegisterSteps(SqliteConnection connection) : IRegisterSteps, IDisposable
{
    // Register.Supersedes, in SQL. ?1 and ?2 are the key, ?3 the version, ?4 the digest.
    private const string Supersedes =
        "(?3 > register.version OR ?3 = register.version AND ifnull(?4, -1) > ifnull(register.digest, -1))";

    private const string Assignments = """
        version = ?3, digest = ?4, photo_id = ?5, size = ?6, modified_s = ?7, modified_ns = ?8, inode = ?9,
        birth_s = ?10, birth_ns = ?11, photo = ?12
        """;

    private readonly Statement _put = Prepare(connection, $"""
        INSERT INTO register (library, path, version, digest, photo_id, size, modified_s, modified_ns, inode, birth_s, birth_ns, photo)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
        ON CONFLICT DO UPDATE SET {Assignments} WHERE {Supersedes}
        """);

    private readonly Statement _replace = Prepare(connection,
        $"UPDATE register SET {Assignments} WHERE library = ?1 AND path = ?2 AND {Supersedes}");

    private readonly Statement _raise = Prepare(connection, """
        INSERT INTO removal VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET version = ?3 WHERE ?3 > version
        """);

    private readonly Statement _sweep = Prepare(connection, """
        UPDATE register SET version = ?2, digest = NULL, photo_id = NULL, size = NULL, modified_s = NULL, modified_ns = NULL,
            inode = NULL, birth_s = NULL, birth_ns = NULL, photo = NULL
        WHERE library = ?1 AND path >= ?3 AND path < ?4 AND version < ?2 AND digest IS NOT NULL
        """);

    private readonly Statement _range = Prepare(connection,
        "SELECT version FROM removal WHERE library = ?1 AND directory = ?2");

    public Task RaiseRangesAsync(string libraryId, IReadOnlyList<Removal> removals, CancellationToken cancellationToken)
    {
        foreach (var (directory, version) in removals)
            _raise.Bind(libraryId).Bind(directory).Bind(version).Run();
        return Task.CompletedTask;
    }

    public Task SweepAsync(string libraryId, IReadOnlyList<Removal> removals, CancellationToken cancellationToken)
    {
        foreach (var (directory, version) in removals)
        {
            var below = PathRange.Below(directory);
            _sweep.Bind(libraryId).Bind(version).Bind(below.From);
            if (below.End is { } end)
                _sweep.Bind(end).Run();
            else
                _sweep.Bind(SqliteRow.BehindAllText).Run();
        }

        return Task.CompletedTask;
    }

    public Task WriteAsync(string libraryId, IReadOnlyList<Register> registers, bool create, CancellationToken cancellationToken)
    {
        var statement = create ? _put : _replace;
        foreach (var register in registers)
        {
            if (register.Live is not { } live)
            {
                statement.Bind(libraryId).Bind(register.Path).Bind(register.Version);
            }
            else
            {
                string? photo = live.Description is null
                    ? null
                    : JsonSerializer.Serialize(live.Description, CatalogJson.Default.PhotoDescription);
                statement.Bind(libraryId).Bind(register.Path).Bind(register.Version).Bind(live.Digest).Bind(live.PhotoId).Bind(live.File.Size)
                    .Bind(live.File.ModifiedAt.Seconds).Bind(live.File.ModifiedAt.Nanoseconds)
                    .Bind((long)live.File.Inode).Bind(live.File.BirthTime?.Seconds).Bind(live.File.BirthTime?.Nanoseconds)
                    .Bind(photo);
            }

            statement.Run();
        }

        return Task.CompletedTask;
    }

    public Task<IReadOnlyDictionary<string, long>> ReadRangesAsync(
        string libraryId, IReadOnlyCollection<string> directories, CancellationToken cancellationToken)
    {
        Dictionary<string, long> ranges = [];
        foreach (string directory in directories)
        {
            if (_range.Bind(libraryId).Bind(directory).FirstNumber() is { } version)
                ranges.Add(directory, version);
        }

        return Task.FromResult<IReadOnlyDictionary<string, long>>(ranges);
    }

    public void Dispose()
    {
        _put.Dispose();
        _replace.Dispose();
        _raise.Dispose();
        _sweep.Dispose();
        _range.Dispose();
    }

    private static Statement Prepare(SqliteConnection connection, string sql) =>
        new(connection.Handle!, sql, SqliteException.ThrowExceptionForRC);
}
