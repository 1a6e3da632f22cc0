using System.Text.Json;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Proving;

namespace WatchPhoto.Indexer.Sqlite;

internal sealed class SqliteVerifications(SqliteDatabase database) : IVerifications
{
    public Task<Verification?> FindAsync(string libraryId, CancellationToken cancellationToken)
    {
        using var connection = database.OpenReader();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT verification FROM verification WHERE library = $library";
        command.Parameters.AddWithValue("$library", libraryId);
        return Task.FromResult(command.ExecuteScalar() is string json
            ? JsonSerializer.Deserialize(json, CatalogJson.Default.Verification)
            : null);
    }

    public Task SaveAsync(Verification verification, CancellationToken cancellationToken) =>
        database.WriteAsync(writer => writer.Execute(
            "INSERT INTO verification VALUES ($library, $verification) ON CONFLICT DO UPDATE SET verification = $verification",
            ("$library", verification.LibraryId), ("$verification", JsonSerializer.Serialize(verification, CatalogJson.Default.Verification))),
            cancellationToken);
}
