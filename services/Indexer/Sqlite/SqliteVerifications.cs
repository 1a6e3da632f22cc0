using System.Collections.Concurrent;
using System.Text.Json;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Proving;

namespace WatchPhoto.Indexer.Sqlite;

/// <summary>
/// That a library is still equal is found every minute: the file is told when something else is, for its disk may sleep
/// meanwhile. A file has one indexer, so nobody else asks it.
/// </summary>
internal sealed class SqliteVerifications(SqliteDatabase database) : IVerifications
{
    private readonly ConcurrentDictionary<string, Verification> _latest = [];

    public Task<Verification?> FindAsync(string libraryId, CancellationToken cancellationToken)
    {
        if (_latest.TryGetValue(libraryId, out var latest))
            return Task.FromResult<Verification?>(latest);
        return Task.FromResult(database.Read(connection =>
        {
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT verification FROM verification WHERE library = $library";
            command.Parameters.AddWithValue("$library", libraryId);
            return command.ExecuteScalar() is string json ? JsonSerializer.Deserialize(json, CatalogJson.Default.Verification) : null;
        }));
    }

    public async Task SaveAsync(Verification verification, CancellationToken cancellationToken)
    {
        string id = verification.LibraryId;
        if (_latest.TryGetValue(id, out var latest) && Substance(latest) == Substance(verification)
            && _latest.TryUpdate(id, verification, latest))
            return;
        await database.WriteAsync(writer => writer.Execute(
            "INSERT INTO verification VALUES ($library, $verification) ON CONFLICT DO UPDATE SET verification = $verification",
            ("$library", id), ("$verification", JsonSerializer.Serialize(verification, CatalogJson.Default.Verification))),
            cancellationToken);
        _latest[id] = verification;
    }

    // All but the times that move on while nothing changes.
    private static Verification Substance(Verification verification) => verification with
    {
        VerifiedAt = verification.VerifiedAt is null ? null : default(DateTimeOffset),
        DiskComparedAt = verification.DiskComparedAt is null ? null : default(DateTimeOffset),
    };
}
