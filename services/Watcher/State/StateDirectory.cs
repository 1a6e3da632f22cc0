namespace WatchPhoto.Watcher.State;

/// <summary>Where the watcher's state lives.</summary>
internal static class StateDirectory
{
    private const string DatabaseName = "watcher.db";

    /// <exception cref="StateException">The directory or the database in it cannot be used: why, and what to do.</exception>
    public static StateDatabase Open(WatcherOptions options)
    {
        try
        {
            Directory.CreateDirectory(options.StateDirectory);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StateException(
                $"The state directory {options.StateDirectory} cannot be made ({exception.Message}): set {WatcherOptions.Section}:{nameof(options.StateDirectory)} to one that can be written.", exception);
        }

        return new StateDatabase(Path.Combine(options.StateDirectory, DatabaseName));
    }
}
