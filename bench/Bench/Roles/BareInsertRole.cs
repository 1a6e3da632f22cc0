using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using SQLitePCL;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Sqlite;

namespace WatchPhoto.Bench.Roles;

/// <summary>
/// The least that a catalog of SQLite costs: the rows of another one, in memory and in order, into an empty file by
/// prepared statements, in one transaction, and then its indexes. Says how long that took, once with the indexes made afterwards
/// and once with them there from the start.
/// </summary>
internal static class BareInsertRole
{
    public const string Name = "bare-insert";

    /// <param name="directory">Gets the files it fills.</param>
    public static string[] Command(string catalog, string directory) => Measuring.Workshop.Role(Name, catalog, directory);

    public static async Task PlayAsync(string[] arguments)
    {
        var rows = Read(arguments[0]);
        double afterwards = await FillAsync(Path.Combine(arguments[1], "afterwards.db"), rows, indexesAfterwards: true);
        double live = await FillAsync(Path.Combine(arguments[1], "live.db"), rows, indexesAfterwards: false);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"inserted {rows.Count} {afterwards:R} {live:R}"));
    }

    private static List<object?[]> Read(string catalog)
    {
        using var connection = new SqliteConnection($"Data Source={catalog};Mode=ReadOnly");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT * FROM register ORDER BY library, path";
        using var reader = command.ExecuteReader();
        var rows = new List<object?[]>();
        while (reader.Read())
        {
            var row = new object?[reader.FieldCount];
            for (int i = 0; i < row.Length; i++)
                row[i] = reader.IsDBNull(i) ? null : reader.GetFieldType(i) == typeof(byte[]) ? reader.GetFieldValue<byte[]>(i) : reader.GetValue(i);
            rows.Add(row);
        }

        return rows;
    }

    private static async Task<double> FillAsync(string file, List<object?[]> rows, bool indexesAfterwards)
    {
        await using var services = new ServiceCollection().AddLogging().AddSqliteCatalog(file).BuildServiceProvider();
        await services.GetRequiredService<ICatalogSetup>().PrepareAsync(CancellationToken.None);
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        Execute(connection, "PRAGMA synchronous = NORMAL");
        var indexes = Indexes(connection);

        long start = Stopwatch.GetTimestamp();
        Execute(connection, "BEGIN");
        if (indexesAfterwards)
        {
            foreach (var (name, _) in indexes)
                Execute(connection, $"DROP INDEX {name}");
        }

        Insert(connection.Handle!, rows);
        if (indexesAfterwards)
        {
            foreach (var (_, sql) in indexes)
                Execute(connection, sql);
        }

        Execute(connection, "COMMIT");
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static void Insert(sqlite3 database, List<object?[]> rows)
    {
        string values = string.Join(", ", rows[0].Select((_, i) => $"?{i + 1}"));
        SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v2(database, $"INSERT INTO register VALUES ({values})", out var insert), database);
        using (insert)
        {
            foreach (var row in rows)
            {
                for (int i = 0; i < row.Length; i++)
                {
                    _ = row[i] switch
                    {
                        null => raw.sqlite3_bind_null(insert, i + 1),
                        long number => raw.sqlite3_bind_int64(insert, i + 1, number),
                        string text => raw.sqlite3_bind_text(insert, i + 1, text),
                        byte[] bytes => raw.sqlite3_bind_blob(insert, i + 1, bytes),
                        var other => throw new InvalidOperationException($"A catalog holds no {other.GetType()}."),
                    };
                }

                if (raw.sqlite3_step(insert) != raw.SQLITE_DONE)
                    throw new InvalidOperationException(raw.sqlite3_errmsg(database).utf8_to_string());
                _ = raw.sqlite3_reset(insert);
            }
        }
    }

    private static List<(string Name, string Sql)> Indexes(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'register' AND sql IS NOT NULL";
        using var reader = command.ExecuteReader();
        var indexes = new List<(string, string)>();
        while (reader.Read())
            indexes.Add((reader.GetString(0), reader.GetString(1)));
        return indexes;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
