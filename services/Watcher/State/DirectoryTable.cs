using WatchPhoto.Sqlite;
using WatchPhoto.Watcher.Libraries;

namespace WatchPhoto.Watcher.State;

/// <summary>Directories that have, or had, entries; and which of them have moved and are being told of.</summary>
internal sealed class DirectoryTable(Connection connection)
{
    // No name is as long.
    private static readonly byte[] EndOfAll = [.. Enumerable.Repeat((byte)0xFF, 1024)];

    /// <summary>How many directories have taken their rows to another path: what was known of a path's row may be old.</summary>
    public long Moved { get; private set; }

    private readonly Statement _find = connection.Prepare("SELECT row FROM directory WHERE library = ?1 AND path = ?2");

    /// <returns>The directory's row, or null: it never had entries.</returns>
    public long? Find(long library, ReadOnlySpan<byte> path) => _find.Bind(library).Bind(path).FirstNumber();

    public long FindOrAdd(long library, ReadOnlySpan<byte> path)
    {
        if (Find(library, path) is { } row)
            return row;
        Add(library, path);
        return connection.LastRow;
    }

    private readonly Statement _add = connection.Prepare("INSERT INTO directory (library, path) VALUES (?1, ?2)");

    private void Add(long library, ReadOnlySpan<byte> path) => _add.Bind(library).Bind(path).Run();

    private readonly Statement _get = connection.Prepare("SELECT row, library, path FROM directory WHERE row = ?1");

    public DirectoryRow? Get(long row) => First(_get.Bind(row));

    private readonly Statement _range = connection.Prepare(
        "SELECT row, library, path FROM directory WHERE library = ?1 AND path >= ?2 AND path < ?3 ORDER BY path");

    /// <summary>The first directory of a library at or behind a path, in the order of their paths.</summary>
    public DirectoryRow? From(WatchedLibrary library, ReadOnlySpan<byte> path) =>
        First(_range.Bind(library.Row).Bind(path).Bind(EndOfAll));

    /// <summary>The directories with entries at or below a path, in the order of their paths.</summary>
    /// <param name="path">With a slash at the end; empty for the whole library.</param>
    public IReadOnlyList<DirectoryRow> Below(WatchedLibrary library, ReadOnlySpan<byte> path)
    {
        BindSubtree(_range, library, path);
        var rows = new List<DirectoryRow>();
        while (_range.Step())
            rows.Add(Read(_range));
        return rows;
    }

    private readonly Statement _anyEntryBelow = connection.Prepare("""
        SELECT 1 FROM directory WHERE library = ?1 AND path >= ?2 AND path < ?3
            AND EXISTS (SELECT 1 FROM entry WHERE entry.directory = directory.row) LIMIT 1
        """);

    /// <param name="path">With a slash at the end; empty for the whole library.</param>
    public bool AnyEntryBelow(WatchedLibrary library, ReadOnlySpan<byte> path) => BindSubtree(_anyEntryBelow, library, path).Any();

    private readonly Statement _countEntriesBelow = connection.Prepare("""
        SELECT count(*) FROM directory JOIN entry ON entry.directory = directory.row
        WHERE directory.library = ?1 AND directory.path >= ?2 AND directory.path < ?3
        """);

    /// <param name="path">With a slash at the end; empty for the whole library.</param>
    public long CountEntriesBelow(WatchedLibrary library, ReadOnlySpan<byte> path) =>
        BindSubtree(_countEntriesBelow, library, path).FirstNumber()!.Value;

    private readonly Statement _move = connection.Prepare("UPDATE directory SET path = ?2, before = ?3, told = x'' WHERE row = ?1");

    /// <summary>
    /// The directory is at another path, where none with entries is: that is to be told of next. At the old path stays an empty
    /// one, which is found gone.
    /// </summary>
    public void Move(DirectoryRow directory, ReadOnlySpan<byte> path)
    {
        if (Find(directory.Library, path) is { } emptied)
            Remove(emptied);
        _move.Bind(directory.Row).Bind(path).Bind(directory.Path).Run();
        Add(directory.Library, directory.Path);
        Moved++;
    }

    private readonly Statement _moveIsTold = connection.Prepare(
        "UPDATE directory SET before = CASE WHEN ?2 IS NOT NULL THEN before END, told = ?2 WHERE row = ?1");

    /// <summary>Of a directory that has moved, its entries up to a name are told of; null: all.</summary>
    public void MoveIsTold(long row, byte[]? name) => _moveIsTold.Bind(row).Bind(name).Run();

    private readonly Statement _movesToTell = connection.Prepare(
        "SELECT row, library, path, before, told FROM directory WHERE before IS NOT NULL");

    /// <summary>Directories that have moved, and of whose entries not all are told: the process died in between.</summary>
    public IReadOnlyList<MoveToTell> MovesToTell()
    {
        var moves = new List<MoveToTell>();
        while (_movesToTell.Step())
            moves.Add(new MoveToTell(Read(_movesToTell), _movesToTell.Bytes(3).ToArray()) { Told = _movesToTell.Bytes(4).ToArray() });
        return moves;
    }

    private readonly Statement _remove = connection.Prepare(
        "DELETE FROM directory WHERE row = ?1 AND NOT EXISTS (SELECT 1 FROM entry WHERE directory = ?1)");

    /// <summary>Forgets the directory if no entry is left in it.</summary>
    public void Remove(long row) => _remove.Bind(row).Run();

    private static DirectoryRow? First(Statement rows)
    {
        DirectoryRow? first = rows.Step() ? Read(rows) : null;
        rows.Reset();
        return first;
    }

    private static DirectoryRow Read(Statement row) => new(row.Number(0), row.Number(1), row.Bytes(2).ToArray());

    // The slash is the last byte of a subtree's path; its successor ends the range.
    private static Statement BindSubtree(Statement statement, WatchedLibrary library, ReadOnlySpan<byte> path)
    {
        byte[] end = EndOfAll;
        if (path.Length > 0)
        {
            end = path.ToArray();
            end[^1]++;
        }

        return statement.Bind(library.Row).Bind(path).Bind(end);
    }
}
