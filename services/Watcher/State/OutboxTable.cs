using System.Collections.Concurrent;
using WatchPhoto.Contracts;
using WatchPhoto.Sqlite;
using WatchPhoto.Watcher.Libraries;

namespace WatchPhoto.Watcher.State;

/// <summary>What waits to be sent: events; or where in a directory the entries are that are told of.</summary>
internal sealed class OutboxTable(Connection connection, DirectoryTable directories, EntryTable entries)
{
    private const string RowBytes = "length(events) + ifnull(64 + length(first) + length(last) + ifnull(length(before), 0), 0)";
    private const string RowCounts = $"{RowBytes}, library, CASE WHEN before IS NOT NULL THEN directory END";

    private readonly ConcurrentDictionary<long, long> _rowsOf = new();
    private long _bytes;
    // By directory, rows that tell of what has moved with it.
    private readonly Dictionary<long, int> _movesToTell = [];

    /// <summary>Rows; read without <see cref="Connection.Gate"/>, it is a moment old.</summary>
    public long Rows => _rowsOf.Sum(of => of.Value);

    /// <summary>Those of one library.</summary>
    public long RowsOf(WatchedLibrary library) => _rowsOf.GetValueOrDefault(library.Row);

    /// <summary>Bytes of what waits; read without <see cref="Connection.Gate"/>, it is a moment old.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    private readonly Statement _all = connection.Prepare($"SELECT {RowCounts} FROM outbox");

    /// <summary>Counts what is there at the start.</summary>
    public void CountAll() => Count(_all, 1);

    private readonly Statement _add = connection.Prepare(
        $"INSERT INTO outbox (library, count, events) VALUES (?1, ?2, ?3) RETURNING {RowCounts}");

    public void Add(WatchedLibrary library, int count, ReadOnlySpan<byte> events) =>
        Count(_add.Bind(library.Row).Bind(count).Bind(events), 1);

    private readonly Statement _addRange = connection.Prepare($"""
        INSERT INTO outbox (library, count, events, kind, directory, version, first, last, before)
        VALUES (?1, ?2, x'', ?3, ?4, ?5, ?6, ?7, ?8) RETURNING {RowCounts}
        """);

    /// <summary>Tells of entries of one directory, which follow each other in the order of their names.</summary>
    /// <param name="last">Its version is that of all.</param>
    /// <param name="before">Of those that moved with their directory, its path before.</param>
    public void Add(WatchedLibrary library, int count, FileEventKind kind, Entry first, Entry last, byte[]? before) =>
        Count(_addRange.Bind(library.Row).Bind(count).Bind((long)kind).Bind(first.Key.Directory).Bind(last.Version)
            .Bind(first.Key.Name).Bind(last.Key.Name).Bind(before), 1);

    private readonly Statement _movesOf = connection.Prepare(
        $"SELECT sequence, version, first, last, before, {RowBytes} FROM outbox WHERE directory = ?1 AND before IS NOT NULL");

    private readonly Statement _writeOut = connection.Prepare("""
        UPDATE outbox SET count = ?2, events = ?3,
            kind = NULL, directory = NULL, version = NULL, first = NULL, last = NULL, before = NULL WHERE sequence = ?1
        """);

    /// <summary>
    /// What waits to be told of a directory's move becomes events, before an entry in it changes: of one that is another by then
    /// nobody else would say where it has been.
    /// </summary>
    public void WriteOutMoves(long directory)
    {
        if (_movesToTell.Count == 0 || !_movesToTell.ContainsKey(directory))
            return;
        byte[] path = directories.Get(directory)!.Value.Path;
        var rows = new List<(long Sequence, long Version, byte[] First, byte[] Last, byte[] Before, long Bytes)>();
        _movesOf.Bind(directory);
        while (_movesOf.Step())
        {
            rows.Add((_movesOf.Number(0), _movesOf.Number(1), _movesOf.Bytes(2).ToArray(), _movesOf.Bytes(3).ToArray(),
                _movesOf.Bytes(4).ToArray(), _movesOf.Number(5)));
        }

        foreach (var (sequence, version, first, last, before, bytes) in rows)
        {
            var moved = entries.Told(directory, first, last, version);
            byte[] events = Outbox.Json(Outbox.Events(FileEventKind.Moved, path, before, moved));
            _writeOut.Bind(sequence).Bind(moved.Count).Bind(events).Run();
            _bytes += events.Length - bytes;
        }

        _movesToTell.Remove(directory);
    }

    private readonly Statement _read = connection.Prepare("""
        SELECT sequence, id, definition ->> 'epoch', count, events, kind, directory, outbox.version, first, last, before
        FROM outbox JOIN library ON row = library
        WHERE sequence > ?1 AND NOT paused ORDER BY sequence
        """);

    /// <summary>The oldest rows behind one: as many as have so many events, at least one if there is any.</summary>
    public IReadOnlyList<OutboxRow> Read(long after, int events)
    {
        var rows = new List<OutboxRow>();
        _read.Bind(after);
        try
        {
            for (int count = 0; count < events && _read.Step();)
            {
                count += (int)_read.Number(3);
                var (sequence, library, epoch) = (_read.Number(0), _read.Text(1), _read.Number(2));
                rows.Add(_read.IsNull(5)
                    ? new OutboxRow(sequence, library, epoch, (int)_read.Number(3), _read.Bytes(4).ToArray())
                    : new OutboxRow(sequence, library, epoch, (FileEventKind)_read.Number(5), directories.Get(_read.Number(6))?.Path ?? [],
                        _read.IsNull(10) ? null : _read.Bytes(10).ToArray(),
                        entries.Told(_read.Number(6), _read.Bytes(8), _read.Bytes(9), _read.Number(7))));
            }
        }
        finally
        {
            _read.Reset();
        }

        return rows;
    }

    private readonly Statement _remove = connection.Prepare($"DELETE FROM outbox WHERE sequence = ?1 RETURNING {RowCounts}");

    public void Remove(long sequence) => Count(_remove.Bind(sequence), -1);

    private readonly Statement _removeAllOf = connection.Prepare($"DELETE FROM outbox WHERE library = ?1 RETURNING {RowCounts}");

    /// <summary>Drops what waits to be sent of a library: it will be told as a whole.</summary>
    public void RemoveAllOf(WatchedLibrary library) => Count(_removeAllOf.Bind(library.Row), -1);

    // Rows that came (1) or went (-1), by what they return.
    private void Count(Statement rows, int sign)
    {
        while (rows.Step())
        {
            _bytes += sign * rows.Number(0);
            _rowsOf[rows.Number(1)] = _rowsOf.GetValueOrDefault(rows.Number(1)) + sign;
            if (!rows.IsNull(2) && (_movesToTell[rows.Number(2)] = _movesToTell.GetValueOrDefault(rows.Number(2)) + sign) == 0)
                _movesToTell.Remove(rows.Number(2));
        }
    }
}
