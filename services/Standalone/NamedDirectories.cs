using System.Text.Json;

namespace WatchPhoto.Standalone;

/// <summary>
/// The directories that a person has named on the command line, now or before: what is registered otherwise, as by whoever
/// reaches the API, is not watched. Kept beside the catalog as a JSON list of paths, as libraries have them.
/// </summary>
internal sealed class NamedDirectories(string data)
{
    public const string FileName = "directories.json";

    private readonly string _file = Path.Combine(data, FileName);

    /// <summary>Those of earlier starts; null: of a version that did not keep them.</summary>
    public IReadOnlyList<string>? Read()
    {
        try
        {
            return File.Exists(_file) ? JsonSerializer.Deserialize<string[]>(File.ReadAllBytes(_file))?.OfType<string>().ToList() ?? [] : null;
        }
        catch (JsonException)
        {
            // They are named again, as the watcher says of each that it then refuses.
            return [];
        }
    }

    public void Keep(IReadOnlyList<string> directories)
    {
        if (Read() is { } kept && kept.SequenceEqual(directories))
            return;
        string next = _file + ".new";
        File.WriteAllBytes(next, JsonSerializer.SerializeToUtf8Bytes(directories));
        File.Move(next, _file, overwrite: true);
    }
}
