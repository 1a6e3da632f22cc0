using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using WatchPhoto.Hosting;

namespace WatchPhoto.Watcher.State;

/// <summary>
/// Where the watcher's state lives. A database that is damaged is set aside under another name and a new one begun, whose
/// libraries are then learned from the catalog.
/// </summary>
internal sealed partial class StateDirectory(WatcherOptions options, TimeProvider time, ILogger<StateDirectory> log)
{
    private const string DatabaseName = "watcher.db";
    private const string SuspectName = DatabaseName + ".suspect";

    /// <exception cref="StateException">The directory or the database in it cannot be used: why, and what to do.</exception>
    public StateDatabase Open()
    {
        try
        {
            PrivateFiles.MakeDirectory(options.StateDirectory);
            PrivateFiles.NarrowDirectory(options.StateDirectory, DatabaseName);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StateException(
                $"The state directory {options.StateDirectory} cannot be made ({exception.Message}): set {WatcherOptions.Section}:{nameof(options.StateDirectory)} to one that can be written.", exception);
        }

        var database = OpenDatabase();
        // What has just been made, too.
        foreach (string problem in PrivateFiles.NarrowDirectory(options.StateDirectory, DatabaseName))
            LogNotPrivate(problem);
        return database;
    }

    /// <summary>The database has turned out to be damaged while it was used: the next start sets it aside.</summary>
    public void Suspect() => File.WriteAllText(In(SuspectName), "");

    private StateDatabase OpenDatabase()
    {
        if (File.Exists(In(SuspectName)))
            SetAside();
        try
        {
            return OpenReadable();
        }
        catch (StateException exception) when (exception.IsCorrupt)
        {
            SetAside();
            return new StateDatabase(In(DatabaseName));
        }
        catch (Exception exception) when (exception is JsonException or FormatException or ArgumentException or InvalidOperationException)
        {
            // Rows that no watcher has written.
            SetAside();
            return new StateDatabase(In(DatabaseName));
        }
    }

    private StateDatabase OpenReadable()
    {
        var database = new StateDatabase(In(DatabaseName));
        try
        {
            lock (database.Gate)
                database.Libraries();
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    private void SetAside()
    {
        var name = DatabaseName + ".damaged-" + time.GetUtcNow().ToString("yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture);
        // With its log: whoever looks at it later needs both.
        foreach (var suffix in (string[])["", "-wal", "-shm"])
        {
            if (File.Exists(In(DatabaseName + suffix)))
                File.Move(In(DatabaseName + suffix), In(name + suffix), overwrite: true);
        }

        File.Delete(In(SuspectName));
        LogSetAside(In(name));
    }

    private string In(string name) => Path.Combine(options.StateDirectory, name);

    [LoggerMessage(LogLevel.Information, "{Problem}")]
    private partial void LogNotPrivate(string problem);

    [LoggerMessage(LogLevel.Error, "The state database is damaged; it was set aside as {File}, and the catalog is asked for what it held")]
    private partial void LogSetAside(string file);
}
