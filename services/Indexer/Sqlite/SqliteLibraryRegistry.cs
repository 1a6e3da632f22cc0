using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Registry;

namespace WatchPhoto.Indexer.Sqlite;

internal sealed class SqliteLibraryRegistry(SqliteDatabase database, RegistryProblems problems) : ILibraryRegistry
{
    private const string Columns = "id, name, host, path, include, exclude, kind, backend, watch, epoch, removed_at, owner";
    private const string Values = "$id, $name, $host, $path, $include, $exclude, $kind, $backend, $watch, $epoch, $removed, $owner";

    private const string Everything = """
        SELECT c.id, c.revision, l.id, l.name, l.host, l.path, l.include, l.exclude, l.kind, l.backend, l.watch, l.epoch, l.removed_at, l.owner
        FROM catalog c LEFT JOIN library l ORDER BY l.id
        """;

    public Task<LibrariesAnnounced> ReadAsync(CancellationToken cancellationToken) => Task.FromResult(database.Read(connection =>
    {
        using var command = connection.CreateCommand();
        command.CommandText = Everything; // one statement: the revision and the list are of one moment
        using var row = command.ExecuteReader();
        var (catalogId, revision, libraries) = (Guid.Empty, 0L, new List<Library>());
        while (row.Read())
        {
            (catalogId, revision) = (Guid.Parse(row.GetString(0)), row.GetInt64(1));
            if (!row.IsDBNull(2) && Read(row) is { } library)
                libraries.Add(library);
        }

        if (revision == 0)
            throw new InvalidOperationException("The catalog has not been prepared.");
        return new LibrariesAnnounced { CatalogId = catalogId, Revision = revision, Libraries = libraries };
    }));

    public Task<bool> AddAsync(Library library, CancellationToken cancellationToken)
    {
        Check(library);
        return database.WriteAsync(
            writer => writer.Execute($"INSERT INTO library ({Columns}) VALUES ({Values}) ON CONFLICT DO NOTHING", ValuesOf(library)) > 0, cancellationToken);
    }

    public async Task<bool> ReplaceAsync(Library present, Library library, CancellationToken cancellationToken) =>
        await ReplaceAsync([(present, library)], cancellationToken) > 0;

    public Task<long> ReplaceAsync(IReadOnlyList<(Library Present, Library Library)> changes, CancellationToken cancellationToken)
    {
        foreach (var (_, library) in changes)
            Check(library);
        return database.WriteAsync(
            writer => changes.Sum(change => (long)writer.Execute(
                $"UPDATE library SET ({Columns}) = ({Values}) WHERE id = $id AND epoch = $knownEpoch AND owner IS $knownOwner",
                [("$knownEpoch", change.Present.Epoch), ("$knownOwner", change.Present.Owner?.ToString()), .. ValuesOf(change.Library)])),
            cancellationToken);
    }

    public Task<bool> DropAsync(string libraryId, CancellationToken cancellationToken) =>
        database.WriteAsync(writer => writer.Execute(
            "DELETE FROM library WHERE id = $id AND removed_at IS NOT NULL", ("$id", libraryId)) > 0, cancellationToken);

    private static (string Name, object? Value)[] ValuesOf(Library library) =>
    [
        ("$id", library.Id), ("$name", library.Name), ("$host", library.Host), ("$path", library.Path),
        ("$include", Json(library.Include)), ("$exclude", Json(library.Exclude)),
        ("$kind", library.Kind), ("$backend", library.Backend), ("$watch", LibraryDefinition.Text(library.Watch)), ("$epoch", library.Epoch),
        ("$removed", library.RemovedAt?.ToString("O", CultureInfo.InvariantCulture)), ("$owner", library.Owner?.ToString()),
    ];

    private static void Check(Library library)
    {
        if (library.Problem() is { } problem)
            throw new ArgumentException(problem, nameof(library));
    }

    private Library? Read(SqliteDataReader row)
    {
        string? problem;
        try
        {
            var library = new Library
            {
                Id = row.GetString(2),
                Name = Library.NameOf(row.GetString(3)),
                Host = row.GetString(4),
                Path = row.GetString(5),
                Include = Globs(row, 6),
                Exclude = Globs(row, 7),
                Kind = row.GetString(8),
                Backend = row.GetString(9),
                Watch = LibraryDefinition.WatchMode(row.GetString(10)),
                Epoch = row.GetInt64(11),
                RemovedAt = row.IsDBNull(12) ? null : DateTimeOffset.Parse(row.GetString(12), CultureInfo.InvariantCulture),
                Owner = row.IsDBNull(13) ? null : Guid.Parse(row.GetString(13)),
            };
            problem = library.Problem();
            if (problem is null)
                return library;
        }
        catch (JsonException)
        {
            problem = "Include or exclude is not a JSON list of texts.";
        }
        catch (FormatException)
        {
            problem = "The column removed_at is not a time, owner not a UUID, or watch none of auto, inotify and poll.";
        }

        problems.Say(row.GetString(2), problem);
        return null;
    }

    private static IReadOnlyList<string>? Globs(SqliteDataReader row, int column)
    {
        if (row.IsDBNull(column))
            return null;
        var globs = JsonSerializer.Deserialize(row.GetString(column), CatalogJson.Default.IReadOnlyListString);
        return globs is null || globs.Contains(null!) ? throw new JsonException() : globs;
    }

    private static string? Json(IReadOnlyList<string>? globs) =>
        globs is null ? null : JsonSerializer.Serialize(globs, CatalogJson.Default.IReadOnlyListString);
}
