using WatchPhoto.Contracts;
using WatchPhoto.Watcher.State;

namespace WatchPhoto.Watcher.Tests;

/// <summary>A state that another version of the program has left.</summary>
public sealed class SchemaTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("watchphoto-schema-").FullName;

    private string File => Path.Combine(_directory, "state.db");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Of_each_version_until_now_it_is_taken_over(int version)
    {
        Make(version, $"{Schema.Steps(0, version)}");
        using var state = new StateDatabase(File);
        var library = Assert.Single(state.Libraries());
        Assert.Equal((7, 1, 5), (library.Version, library.Entries, library.Digest));
        var entry = Assert.Single(state.EntriesOf(state.FindDirectory(library, "2024/"u8)!.Value));
        Assert.Equal("2024/a", Assert.Single(Assert.Single(state.ReadOutbox(0, 10)).Events).Path);
        Assert.Empty(state.MovesToTell());

        state.Transact(() =>
        {
            state.MoveDirectory(state.Directory(entry.Key.Directory)!.Value, "2025/"u8);
            var moved = entry.At("2025/a", 8);
            state.Update(library, entry, moved);
            state.AddOutbox(library, 1, FileEventKind.Moved, moved, moved, "2024/"u8.ToArray());
        });
        Assert.Equal(["2024/a", "2025/a"], state.ReadOutbox(0, 10).SelectMany(row => row.Events).Select(told => told.Path));
        Assert.Single(state.MovesToTell());
    }

    [Fact]
    public void Of_a_later_version_it_is_refused()
    {
        Make(Schema.Version + 1, Schema.Steps(0, Schema.Version));
        Assert.Contains("later version", Assert.Throws<StateException>(() => new StateDatabase(File)).Message, StringComparison.Ordinal);
    }

    private void Make(int version, string schema)
    {
        using var connection = new Connection(File);
        connection.Execute($$"""
            BEGIN;
            {{schema}}
            INSERT INTO library (id, definition, version, entries, digest)
                VALUES ('photos', '{"id":"photos","name":"Photos","host":"here","path":"/photos"}', 7, 1, 5);
            INSERT INTO directory (library, path) VALUES (1, CAST('2024/' AS BLOB));
            INSERT INTO entry VALUES (1, CAST('a' AS BLOB), randomblob(16), 7, 1, 1, 0, 1, 1, 0, 5, 0);
            INSERT INTO outbox (library, count, events) VALUES (1, 1, CAST('[{"kind":"deleted","version":7,"path":"2024/a"}]' AS BLOB));
            PRAGMA user_version = {{version}};
            COMMIT;
            """);
    }
}
