using System.Globalization;
using System.Text.Json;
using WatchPhoto.Contracts;
using WatchPhoto.Sqlite;
using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Libraries;

namespace WatchPhoto.Watcher.State;

/// <summary>The libraries, and which file systems are mounted inside.</summary>
internal sealed class LibraryTable(Connection connection)
{
    public IReadOnlyList<WatchedLibrary> All()
    {
        var libraries = new List<WatchedLibrary>();
        using var all = connection.PrepareOnce("""
            SELECT row, definition, root_inode, root_seconds, root_nanoseconds, version, entries, digest, disk_compared_at,
                recovering, paused, floor, resync_directory, resync_name FROM library ORDER BY row
            """);
        while (all.Step())
        {
            libraries.Add(new WatchedLibrary(all.Number(0), JsonSerializer.Deserialize(all.Text(1), StateJson.Default.Library)!)
            {
                RootIdentity = all.IsNull(2) ? null : new FileIdentity((ulong)all.Number(2), all.Number(3), (int)all.Number(4)),
                Counters = new Counters(all.Number(5), all.Number(6), all.Number(7)),
                DiskComparedAt = all.IsNull(8) ? null : DateTimeOffset.Parse(all.Text(8), CultureInfo.InvariantCulture),
                IsRecovering = all.Number(9) != 0,
                IsPaused = all.Number(10) != 0,
                Floor = all.Number(11),
                Resync = all.IsNull(12) ? null : new ResyncCursor(all.Bytes(12).ToArray(), all.Bytes(13).ToArray()),
            });
        }

        using var mounts = connection.PrepareOnce("SELECT path, inode, seconds, nanoseconds FROM mount WHERE library = ?1");
        foreach (var library in libraries)
        {
            mounts.Bind(library.Row);
            while (mounts.Step())
            {
                var root = new FileIdentity((ulong)mounts.Number(1), mounts.Number(2), (int)mounts.Number(3));
                library.Mounts.Add(mounts.Bytes(0).ToArray(), root);
            }
        }

        return libraries;
    }

    private readonly Statement _add = connection.Prepare("INSERT INTO library (id, definition) VALUES (?1, ?2)");

    public WatchedLibrary Add(Library definition)
    {
        _add.Bind(definition.Id).Bind(JsonSerializer.Serialize(definition, StateJson.Default.Library)).Run();
        return new WatchedLibrary(connection.LastRow, definition);
    }

    private readonly Statement _save = connection.Prepare("""
        UPDATE library SET definition = ?2, root_inode = ?3, root_seconds = ?4, root_nanoseconds = ?5,
            recovering = ?6, paused = ?7, floor = ?8, resync_directory = ?9, resync_name = ?10 WHERE row = ?1
        """);

    public void Save(WatchedLibrary library)
    {
        var (root, resync) = (library.RootIdentity, library.Resync);
        _save.Bind(library.Row).Bind(JsonSerializer.Serialize(library.Definition, StateJson.Default.Library))
            .Bind((long?)root?.Inode).Bind(root?.Seconds).Bind(root?.Nanoseconds)
            .Bind(library.IsRecovering ? 1 : 0).Bind(library.IsPaused ? 1 : 0).Bind(library.Floor)
            .Bind(resync?.Directory).Bind(resync?.Name).Run();
        SaveCounters(library);
    }

    private readonly Statement _saveCounters = connection.Prepare(
        "UPDATE library SET version = ?2, entries = ?3, digest = ?4, disk_compared_at = ?5 WHERE row = ?1");

    /// <summary>Saves what changes with its entries. When its disk was compared costs no write of its own then.</summary>
    public void SaveCounters(WatchedLibrary library) =>
        _saveCounters.Bind(library.Row).Bind(library.Version).Bind(library.Entries).Bind(library.Digest)
            .Bind(library.DiskComparedAt?.ToString("O", CultureInfo.InvariantCulture)).Run();

    private readonly Statement _removeMounts = connection.Prepare("DELETE FROM mount WHERE library = ?1");

    private readonly Statement _addMount = connection.Prepare(
        "INSERT INTO mount (library, path, inode, seconds, nanoseconds) VALUES (?1, ?2, ?3, ?4, ?5)");

    public void SaveMounts(WatchedLibrary library)
    {
        _removeMounts.Bind(library.Row).Run();
        foreach (var (path, root) in library.Mounts)
            _addMount.Bind(library.Row).Bind(path).Bind((long)root.Inode).Bind(root.Seconds).Bind(root.Nanoseconds).Run();
    }

    private readonly Statement _remove = connection.Prepare("DELETE FROM library WHERE row = ?1");

    public void Remove(WatchedLibrary library)
    {
        _removeMounts.Bind(library.Row).Run();
        _remove.Bind(library.Row).Run();
    }
}
