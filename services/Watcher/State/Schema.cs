namespace WatchPhoto.Watcher.State;

/// <summary>
/// The tables: a chain of numbered steps, each a file in the folder Schema that makes one version of the one before. A database
/// takes the steps that it lacks, a new one all of them.
/// </summary>
internal static class Schema
{
    private const string Folder = "Schema/";

    /// <summary>The last step.</summary>
    public static int Version { get; } = typeof(Schema).Assembly.GetManifestResourceNames()
        .Count(name => name.StartsWith(Folder, StringComparison.Ordinal));

    /// <exception cref="StateException">The database is of a later version of the program.</exception>
    public static void Upgrade(Connection connection)
    {
        int found = (int)connection.Number("PRAGMA user_version");
        if (found > Version)
        {
            throw new StateException(
                "The watcher's state database was written by a later version of the program: use that, or another state directory.");
        }

        if (found < Version)
            connection.Execute($"BEGIN; {Steps(found, Version)} PRAGMA user_version = {Version}; COMMIT;");
    }

    /// <summary>What makes one version of another.</summary>
    public static string Steps(int from, int to) => string.Concat(Enumerable.Range(from + 1, to - from).Select(Step));

    private static string Step(int version)
    {
        using var file = typeof(Schema).Assembly.GetManifestResourceStream($"{Folder}{version}.sql")!;
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }
}
