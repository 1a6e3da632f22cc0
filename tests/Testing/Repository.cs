namespace WatchPhoto.Testing;

/// <summary>The source tree whose tests these are.</summary>
public static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "WatchPhoto.sln")))
                return directory.FullName;
        }

        throw new InvalidOperationException($"There is no WatchPhoto.sln above {AppContext.BaseDirectory}.");
    }
}
