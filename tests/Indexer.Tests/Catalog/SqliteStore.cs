using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Catalog.Algebra;
using WatchPhoto.Indexer.Sqlite;
using WatchPhoto.Indexer.Tests.Catalog.Convergence;

namespace WatchPhoto.Indexer.Tests.Catalog;

public sealed class SqliteStore : Store
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("watchphoto-catalog-");

    internal override string NewPlace() => Path.Combine(_directory.FullName, Guid.NewGuid().ToString("N"), "catalog.db");

    private protected override void Add(IServiceCollection services, string place, CatalogOptions? options) =>
        services.AddSqliteCatalog(place, options);

    internal override Task ApplyAsync(OpenCatalog catalog, FileEvents message, Func<bool> dies) =>
        catalog.Services.GetRequiredService<SqliteDatabase>().WriteAsync(async writer =>
        {
            await RegisterAlgebra.ApplyAsync(new MortalSteps(writer.Registers, dies), FoldedEvents.Of(message), 0, CancellationToken.None);
            return true;
        }, CancellationToken.None);

    internal override Task<Contents> ContentsAsync(OpenCatalog catalog, string library) =>
        Task.FromResult(catalog.Services.GetRequiredService<SqliteDatabase>().Read(connection =>
        {
            var contents = new Contents();
            using var command = connection.CreateCommand();
            command.CommandText = $"SELECT {SqliteRow.PhotoColumns}, digest FROM register WHERE library = $library";
            command.Parameters.AddWithValue("$library", library);
            using (var row = command.ExecuteReader())
            {
                while (row.Read())
                {
                    var photo = row.IsDBNull(11) ? null : SqliteRow.Photo(row);
                    contents.Registers.Add(row.GetString(1), new Register(row.GetString(1), row.GetInt64(3),
                        photo is null ? null : new LivePhoto(photo.PhotoId, photo.File, photo.Description, (uint)row.GetInt64(11))));
                }
            }

            command.CommandText = "SELECT directory, version FROM removal WHERE library = $library";
            using var range = command.ExecuteReader();
            while (range.Read())
                contents.Ranges.Add(range.GetString(0), range.GetInt64(1));
            return contents;
        }));

    internal override Task LetPassAsync(OpenCatalog catalog, TimeSpan time) =>
        ExecuteAsync(catalog, "UPDATE watcher SET rival_since = rival_since - $time, heard_at = heard_at - $time", ("$time", time.Ticks));

    internal override Task WriteByHandAsync(OpenCatalog catalog, string id, string path, string name) =>
        ExecuteAsync(
            catalog, "INSERT INTO library (id, name, host, path) VALUES ($id, $name, 'nas', $path)", ("$id", id), ("$name", name),
            ("$path", path));

    internal override Task WriteWronglyByHandAsync(OpenCatalog catalog, string id) =>
        ExecuteAsync(catalog, "INSERT INTO library (id, name, host, path, include) VALUES ($id, 'Wrong', 'nas', '/x', '{1')", ("$id", id));

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    internal static async Task ExecuteAsync(OpenCatalog catalog, string sql, params (string Name, object Value)[] parameters)
    {
        await using var connection = new SqliteConnection($"Data Source={catalog.Place};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value);
        await command.ExecuteNonQueryAsync();
    }
}
