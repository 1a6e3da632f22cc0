using System.Globalization;
using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Libraries;

namespace WatchPhoto.Watcher.State;

/// <summary>
/// What the watcher has told the world, and what of it is not confirmed yet: one SQLite database. A plan and its messages
/// are one transaction, so a crash between any two instructions loses nothing and invents nothing.
/// It has two users, the tracker's and the publisher's thread: hold <see cref="Gate"/> around every use.
/// </summary>
internal sealed class StateDatabase : IDisposable
{
    private readonly Connection _connection;
    private readonly LibraryTable _libraries;
    private readonly DirectoryTable _directories;
    private readonly EntryTable _entries;
    private readonly GoneFileTable _gone;
    private readonly OutboxTable _outbox;
    private readonly Ledger _ledger;

    /// <exception cref="StateException">It cannot be opened, or is of a later version of the program.</exception>
    public StateDatabase(string path)
    {
        _connection = new Connection(path);
        try
        {
            Schema.Upgrade(_connection);
            Id = Guid.Parse(FindId() ?? NewId(), CultureInfo.InvariantCulture);
            _libraries = new LibraryTable(_connection);
            _directories = new DirectoryTable(_connection);
            _entries = new EntryTable(_connection);
            _gone = new GoneFileTable(_connection);
            _outbox = new OutboxTable(_connection, _directories, _entries);
            _outbox.CountAll();
            _ledger = new Ledger(_connection, _libraries, _directories, _entries, _outbox);
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    /// <summary>Made with the database: who the watcher is to the catalog.</summary>
    public Guid Id { get; }

    /// <inheritdoc cref="Connection.Gate"/>
    public Lock Gate => _connection.Gate;

    /// <inheritdoc cref="Ledger.Transact"/>
    public void Transact(Action work) => _ledger.Transact(work);

    /// <inheritdoc cref="Connection.TransactSoon"/>
    public void TransactSoon(Action work) => _connection.TransactSoon(work);

    public IReadOnlyList<WatchedLibrary> Libraries() => _libraries.All();

    public WatchedLibrary AddLibrary(Library definition) => _libraries.Add(definition);

    public void SaveLibrary(WatchedLibrary library) => _libraries.Save(library);

    /// <summary>Keeps which file systems are mounted inside the library.</summary>
    public void SaveMounts(WatchedLibrary library) => _libraries.SaveMounts(library);

    /// <summary>Lets go of a library: nothing is published, its photo ids are remembered by their files.</summary>
    public void RemoveLibrary(WatchedLibrary library, DateTimeOffset now)
    {
        foreach (var directory in DirectoriesBelow(library, []))
        {
            foreach (var entry in EntriesOf(directory.Row))
                Remember(entry, now);
        }

        _ledger.Clear(library);
        _outbox.RemoveAllOf(library);
        _libraries.Remove(library);
    }

    /// <inheritdoc cref="Ledger.NextVersion"/>
    public long NextVersion(WatchedLibrary library, TimeProvider time) => _ledger.NextVersion(library, time);

    /// <inheritdoc cref="Ledger.Put"/>
    public void Put(WatchedLibrary library, Entry? before, Entry after) => _ledger.Put(library, before, after);

    /// <inheritdoc cref="Ledger.Update"/>
    public void Update(WatchedLibrary library, Entry before, Entry after) => _ledger.Update(library, before, after);

    public void Remove(WatchedLibrary library, Entry entry) => _ledger.Remove(library, entry);

    /// <inheritdoc cref="Ledger.Clear"/>
    public void RemoveEntries(WatchedLibrary library) => _ledger.Clear(library);

    /// <inheritdoc cref="Ledger.MoveDirectory"/>
    public void MoveDirectory(DirectoryRow directory, ReadOnlySpan<byte> path) => _ledger.MoveDirectory(directory, path);

    /// <inheritdoc cref="DirectoryTable.MoveIsTold"/>
    public void MoveIsTold(long directory, byte[]? name) => _directories.MoveIsTold(directory, name);

    /// <inheritdoc cref="DirectoryTable.MovesToTell"/>
    public IReadOnlyList<MoveToTell> MovesToTell() => _directories.MovesToTell();

    /// <inheritdoc cref="DirectoryTable.Moved"/>
    public long DirectoriesMoved => _directories.Moved;

    /// <inheritdoc cref="DirectoryTable.Find"/>
    public long? FindDirectory(WatchedLibrary library, ReadOnlySpan<byte> path) => _directories.Find(library.Row, path);

    public long FindOrAddDirectory(WatchedLibrary library, ReadOnlySpan<byte> path) => _directories.FindOrAdd(library.Row, path);

    public DirectoryRow? Directory(long row) => _directories.Get(row);

    /// <inheritdoc cref="DirectoryTable.From"/>
    public DirectoryRow? DirectoryFrom(WatchedLibrary library, ReadOnlySpan<byte> path) => _directories.From(library, path);

    /// <inheritdoc cref="DirectoryTable.Below"/>
    public IReadOnlyList<DirectoryRow> DirectoriesBelow(WatchedLibrary library, ReadOnlySpan<byte> path) =>
        _directories.Below(library, path);

    /// <inheritdoc cref="DirectoryTable.AnyEntryBelow"/>
    /// <remarks>It takes <see cref="Gate"/> itself.</remarks>
    public bool AnyEntryBelow(WatchedLibrary library, ReadOnlySpan<byte> path)
    {
        lock (Gate)
            return _directories.AnyEntryBelow(library, path);
    }

    /// <inheritdoc cref="DirectoryTable.CountEntriesBelow"/>
    /// <remarks>It takes <see cref="Gate"/> itself.</remarks>
    public long CountEntriesBelow(WatchedLibrary library, ReadOnlySpan<byte> path)
    {
        lock (Gate)
            return _directories.CountEntriesBelow(library, path);
    }

    /// <inheritdoc cref="DirectoryTable.Remove"/>
    public void RemoveDirectory(long row) => _directories.Remove(row);

    /// <inheritdoc cref="EntryTable.Of(long)"/>
    public IEnumerable<Entry> EntriesOf(long directory) => _entries.Of(directory);

    /// <inheritdoc cref="EntryTable.Of(long, ReadOnlySpan{byte}, int)"/>
    public List<Entry> EntriesOf(long directory, ReadOnlySpan<byte> after, int limit) => _entries.Of(directory, after, limit);

    /// <inheritdoc cref="EntryTable.AnyMissing"/>
    public bool AnyMissing(long directory) => _entries.AnyMissing(directory);

    /// <inheritdoc cref="EntryTable.AreDense"/>
    public bool AreDense(Entry first, Entry last, int count) => _entries.AreDense(first, last, count);

    public Entry? Find(EntryKey key) => _entries.Find(key);

    /// <inheritdoc cref="EntryTable.Find(FileIdentity, int)"/>
    public IReadOnlyList<Entry> Find(FileIdentity identity, int most = int.MaxValue) => _entries.Find(identity, most);

    /// <inheritdoc cref="GoneFileTable.Remember"/>
    public void Remember(Entry entry, DateTimeOffset now) => _gone.Remember(entry, now);

    /// <inheritdoc cref="GoneFileTable.Recall"/>
    public Guid? Recall(FileIdentity identity, ReadOnlySpan<byte> name, DateTimeOffset since) => _gone.Recall(identity, name, since);

    /// <inheritdoc cref="GoneFileTable.Forget"/>
    public void Forget(FileIdentity file, ReadOnlySpan<byte> name) => _gone.Forget(file, name);

    public void ForgetGoneBefore(DateTimeOffset time) => _gone.ForgetGoneBefore(time);

    /// <inheritdoc cref="OutboxTable.Rows"/>
    public long OutboxRows => _outbox.Rows;

    /// <inheritdoc cref="OutboxTable.RowsOf"/>
    public long OutboxRowsOf(WatchedLibrary library) => _outbox.RowsOf(library);

    /// <summary>Those that leave: what a paused library has stays, and is no matter of the others.</summary>
    public long OutboxRowsToSend(IEnumerable<WatchedLibrary> libraries) => libraries.Where(library => !library.IsPaused).Sum(OutboxRowsOf);

    /// <inheritdoc cref="OutboxTable.Bytes"/>
    public long OutboxBytes => _outbox.Bytes;

    public void AddOutbox(WatchedLibrary library, int count, ReadOnlySpan<byte> events) => _outbox.Add(library, count, events);

    /// <inheritdoc cref="OutboxTable.Add(WatchedLibrary, int, FileEventKind, Entry, Entry, byte[])"/>
    public void AddOutbox(WatchedLibrary library, int count, FileEventKind kind, Entry first, Entry last, byte[]? before) =>
        _outbox.Add(library, count, kind, first, last, before);

    /// <inheritdoc cref="OutboxTable.RemoveAllOf"/>
    public void RemoveOutbox(WatchedLibrary library) => _outbox.RemoveAllOf(library);

    /// <inheritdoc cref="OutboxTable.Read"/>
    public IReadOnlyList<OutboxRow> ReadOutbox(long after, int events) => _outbox.Read(after, events);

    public void RemoveOutbox(long sequence) => _outbox.Remove(sequence);

    /// <summary>Gives back what is cached of the database.</summary>
    public void ShrinkMemory()
    {
        _entries.ShrinkMemory();
        _connection.Execute("PRAGMA shrink_memory");
    }

    public void Dispose() => _connection.Dispose();

    private string? FindId()
    {
        using var find = _connection.PrepareOnce("SELECT value FROM meta WHERE name = 'state_id'");
        return find.Step() ? find.Text(0) : null;
    }

    private string NewId()
    {
        string id = Guid.NewGuid().ToString();
        using var add = _connection.PrepareOnce("INSERT INTO meta (name, value) VALUES ('state_id', ?1)");
        add.Bind(id).Run();
        return id;
    }
}
