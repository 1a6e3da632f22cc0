using SQLitePCL;
using WatchPhoto.Hosting;
using static SQLitePCL.raw;

namespace WatchPhoto.Watcher.State;

/// <summary>The state database cannot be used: what SQLite says of it.</summary>
public sealed class StateException : IOException, IOperatorError
{
    public StateException()
    {
    }

    public StateException(string message)
        : base(message)
    {
    }

    public StateException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The file is no database or its content is damaged.</summary>
    public bool IsCorrupt { get; private init; }

    /// <summary>Throws what a result of SQLite says, if it is no success.</summary>
    internal static void Check(int result, sqlite3 database)
    {
        if (result == SQLITE_OK)
            return;
        if ((result & 0xff) == SQLITE_BUSY)
        {
            throw new StateException(
                "The state directory is in use by another watcher: stop that, or set Watcher:StateDirectory to another one.");
        }

        string reason = $"{sqlite3_errmsg(database).utf8_to_string()} (SQLite {sqlite3_extended_errcode(database)})";
        throw new StateException($"The watcher's state database: {reason}.")
        {
            IsCorrupt = (result & 0xff) is SQLITE_CORRUPT or SQLITE_NOTADB,
        };
    }
}
