using WatchPhoto.Hosting;

namespace WatchPhoto.Standalone;

/// <summary>Where catalog and watcher keep their files; held by one process at a time.</summary>
internal sealed class DataDirectory : IDisposable
{
    private const string CatalogFile = "catalog.db";
    private const string LockFile = "lock";
    private const string WatcherDirectory = "watcher";

    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream heldLock) => (Path, _lock) = (path, heldLock);

    /// <summary>By the XDG convention, ~/.local/share/watchphoto.</summary>
    public static string Usual => System.IO.Path.Combine(
        Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } data && System.IO.Path.IsPathRooted(data)
            ? data
            : System.IO.Path.Combine(Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } home ? home : "/", ".local", "share"),
        "watchphoto");

    public string Path { get; }

    public string Catalog => System.IO.Path.Combine(Path, CatalogFile);

    public string Watcher => System.IO.Path.Combine(Path, WatcherDirectory);

    public static bool HasCatalog(string path) => File.Exists(System.IO.Path.Combine(path, CatalogFile));

    public static DataDirectory Open(string path)
    {
        try
        {
            PrivateFiles.MakeDirectory(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new RefusedStartException($"The directory '{path}' for the catalog cannot be made ({exception.Message.TrimEnd('.')}): choose another with --data.");
        }

        try
        {
            // The kernel lets go of it with the process, however that ends.
            var held = new DataDirectory(path, new FileStream(
                System.IO.Path.Combine(path, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            foreach (string problem in PrivateFiles.NarrowDirectory(path, CatalogFile, LockFile, WatcherDirectory))
                Console.Error.WriteLine(Printable.Text(problem));
            return held;
        }
        catch (UnauthorizedAccessException)
        {
            throw new RefusedStartException($"The directory '{path}' for the catalog cannot be written to: permission denied; choose another with --data.");
        }
        catch (IOException exception)
        {
            throw new RefusedStartException(exception.HResult == WouldBlock
                ? $"Another WatchPhoto uses '{path}': stop it, or choose another directory with --data."
                : $"The directory '{path}' for the catalog cannot be used ({exception.Message.TrimEnd('.')}): choose another with --data.");
        }
    }

    // EWOULDBLOCK: somebody else holds the lock.
    private const int WouldBlock = 11;

    public void Dispose() => _lock.Dispose();
}
