using System.Text.Json;
using Microsoft.Data.Sqlite;
using WatchPhoto.Hosting;

namespace WatchPhoto.Indexer.Sqlite;

/// <summary>The catalog's file is damaged, or has rows that nobody here has written: the message says what to do.</summary>
internal sealed class DamagedCatalogException(string path, string reason) : IOException(
    $"The catalog {path} is damaged ({reason.TrimEnd('.')}): end WatchPhoto, remove that file and those beside it that begin with its name, and start again with the same directories, or register the libraries again; all photos come back from the watchers, with their ids"), IOperatorError
{
    // Of SQLite: SQLITE_CORRUPT, SQLITE_NOTADB.
    private const int Corrupt = 11;
    private const int NotADatabase = 26;

    /// <summary>Whether this is what reading such a file leads to: a page that is none, or a value that nobody can read.</summary>
    public static bool IsDue(Exception exception) => exception
        is SqliteException { SqliteErrorCode: Corrupt or NotADatabase }
        or FormatException or JsonException or InvalidCastException or OverflowException or ArgumentException
        || exception is InvalidOperationException and not ObjectDisposedException;

    /// <inheritdoc cref="IsDue"/>
    public static bool IsDueOfFile(Exception exception) => exception is SqliteException { SqliteErrorCode: Corrupt or NotADatabase };
}
