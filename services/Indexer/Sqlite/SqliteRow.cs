using System.Text.Json;
using Microsoft.Data.Sqlite;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog;

namespace WatchPhoto.Indexer.Sqlite;

/// <summary>How values are written in columns and read back.</summary>
internal static class SqliteRow
{
    public const string PhotoColumns =
        "library, path, photo_id, version, size, modified_s, modified_ns, inode, birth_s, birth_ns, photo";

    public static Photo Photo(SqliteDataReader row) => new(
        row.GetString(0), row.GetString(1), new Guid(row.GetFieldValue<byte[]>(2), bigEndian: true), row.GetInt64(3),
        new PhotoFile
        {
            Size = row.GetInt64(4),
            ModifiedAt = new FileTime(row.GetInt64(5), row.GetInt32(6)),
            Inode = (ulong)row.GetInt64(7),
            BirthTime = row.IsDBNull(8) ? null : new FileTime(row.GetInt64(8), row.GetInt32(9)),
        },
        row.IsDBNull(10) ? null : JsonSerializer.Deserialize(row.GetString(10), CatalogJson.Default.PhotoDescription));

    // Big-endian: a UUIDv7 then sorts by its time, and its index fills from left to right.
    public static byte[] Bytes(Guid id) => id.ToByteArray(bigEndian: true);

    /// <summary>To SQLite any blob, also an empty one, is greater than any text.</summary>
    public static readonly byte[] BehindAllText = [];

    public static object End(PathRange range) => range.End ?? (object)BehindAllText;
}
