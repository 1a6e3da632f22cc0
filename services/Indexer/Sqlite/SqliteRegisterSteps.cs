using System.Text.Json;
using Microsoft.Data.Sqlite;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Catalog.Algebra;

namespace WatchPhoto.Indexer.Sqlite;

/// <summary>The steps inside of one transaction.</summary>
internal sealed class SqliteRegisterSteps : IRegisterSteps, IDisposable
{
    // Register.Supersedes, in SQL.
    private const string Supersedes =
        "($version > register.version OR $version = register.version AND ifnull($digest, -1) > ifnull(register.digest, -1))";

    private static readonly string[] Columns =
        ["version", "digest", "photo_id", "size", "modified_s", "modified_ns", "inode", "birth_s", "birth_ns", "photo"];

    private static readonly string Assignments = string.Join(", ", Columns.Select(column => $"{column} = ${column}"));

    private readonly Statement _put;
    private readonly Statement _replace;
    private readonly Statement _raise;
    private readonly Statement _sweep;
    private readonly Statement _range;

    public SqliteRegisterSteps(SqliteConnection connection)
    {
        string[] keyed = ["library", "path", .. Columns];
        _put = new(connection, keyed, $"""
            INSERT INTO register ({string.Join(", ", keyed)}) VALUES ({string.Join(", ", keyed.Select(column => "$" + column))})
            ON CONFLICT DO UPDATE SET {Assignments} WHERE {Supersedes}
            """);
        _replace = new(connection, keyed,
            $"UPDATE register SET {Assignments} WHERE library = $library AND path = $path AND {Supersedes}");
        _raise = new(connection, ["library", "directory", "version"], """
            INSERT INTO removal VALUES ($library, $directory, $version)
            ON CONFLICT DO UPDATE SET version = $version WHERE $version > version
            """);
        _sweep = new(connection, ["library", "version", "from", "end"], $"""
            UPDATE register SET version = $version, {string.Join(", ", Columns.Skip(1).Select(column => column + " = NULL"))}
            WHERE library = $library AND path >= $from AND path < $end AND version < $version
            """);
        _range = new(connection, ["library", "directory"],
            "SELECT version FROM removal WHERE library = $library AND directory = $directory");
    }

    public Task RaiseRangesAsync(string libraryId, IReadOnlyList<Removal> removals, CancellationToken cancellationToken)
    {
        foreach (var (directory, version) in removals)
            _raise.Execute(libraryId, directory, version);
        return Task.CompletedTask;
    }

    public Task SweepAsync(string libraryId, IReadOnlyList<Removal> removals, CancellationToken cancellationToken)
    {
        foreach (var (directory, version) in removals)
        {
            var below = PathRange.Below(directory);
            _sweep.Execute(libraryId, version, below.From, SqliteRow.End(below));
        }

        return Task.CompletedTask;
    }

    public Task WriteAsync(string libraryId, IReadOnlyList<Register> registers, bool create, CancellationToken cancellationToken)
    {
        var statement = create ? _put : _replace;
        foreach (var register in registers)
        {
            if (register.Live is not { } live)
            {
                statement.Execute(libraryId, register.Path, register.Version);
                continue;
            }

            statement.Execute(
                libraryId, register.Path, register.Version, (long)live.Digest, SqliteRow.Bytes(live.PhotoId), live.File.Size,
                live.File.ModifiedAt.Seconds, (long)live.File.ModifiedAt.Nanoseconds, (long)live.File.Inode,
                live.File.BirthTime?.Seconds, (long?)live.File.BirthTime?.Nanoseconds,
                live.Description is null ? null : JsonSerializer.Serialize(live.Description, CatalogJson.Default.PhotoDescription));
        }

        return Task.CompletedTask;
    }

    public Task<IReadOnlyDictionary<string, long>> ReadRangesAsync(
        string libraryId, IReadOnlyCollection<string> directories, CancellationToken cancellationToken)
    {
        Dictionary<string, long> ranges = [];
        foreach (string directory in directories)
        {
            if (_range.Scalar(libraryId, directory) is long version)
                ranges.Add(directory, version);
        }

        return Task.FromResult<IReadOnlyDictionary<string, long>>(ranges);
    }

    public void Dispose()
    {
        _put.Dispose();
        _replace.Dispose();
        _raise.Dispose();
        _sweep.Dispose();
        _range.Dispose();
    }

    /// <summary>A command with its parameters made once, given by place; those left out are NULL.</summary>
    private sealed class Statement : IDisposable
    {
        private readonly SqliteCommand _command;
        private readonly SqliteParameter[] _parameters;

        public Statement(SqliteConnection connection, IEnumerable<string> parameters, string sql)
        {
            _command = connection.CreateCommand();
            _command.CommandText = sql;
            _parameters = [.. parameters.Select(name => _command.Parameters.AddWithValue("$" + name, DBNull.Value))];
        }

        public void Execute(params ReadOnlySpan<object?> values) => Bound(values).ExecuteNonQuery();

        public object? Scalar(params ReadOnlySpan<object?> values) => Bound(values).ExecuteScalar();

        public void Dispose() => _command.Dispose();

        private SqliteCommand Bound(ReadOnlySpan<object?> values)
        {
            for (int i = 0; i < _parameters.Length; i++)
                _parameters[i].Value = (i < values.Length ? values[i] : null) ?? DBNull.Value;
            return _command;
        }
    }
}
