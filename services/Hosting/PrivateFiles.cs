using System.Runtime.InteropServices;

#pragma warning disable CA1416 // The services run on Linux.

namespace WatchPhoto.Hosting;

/// <summary>
/// What the services keep tells the names of all photos, and is for nobody but who runs them: directories 0700, files 0600, also
/// where they were made by a version, or by hand, that let others read them.
/// </summary>
public static partial class PrivateFiles
{
    private const int NobodyElse = 63; // 077
    private const UnixFileMode OfFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OfDirectory = OfFile | UnixFileMode.UserExecute;

    // What a file system has in its root by itself.
    private const string LostAndFound = "lost+found";

    /// <summary>Whatever this process makes from here on is for its user alone. To be called before it makes anything.</summary>
    public static void Guard() => _ = umask(NobodyElse);

    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static void MakeDirectory(string directory) => Directory.CreateDirectory(directory, OfDirectory);

    /// <summary>Narrows a directory and the files in it.</summary>
    /// <param name="own">With what the names of the files begin that are kept there; a directory with others in it stays as it is.</param>
    /// <returns>A sentence for each of what cannot be, or must not be, and what to do.</returns>
    public static IReadOnlyList<string> NarrowDirectory(string directory, params IReadOnlyList<string> own)
    {
        var problems = new List<string?>();
        bool isShared = false;
        foreach (string path in Directory.EnumerateFileSystemEntries(directory))
        {
            string name = Path.GetFileName(path);
            bool isOwn = own.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));
            isShared |= !isOwn && name != LostAndFound;
            if (isOwn && !Directory.Exists(path))
                problems.Add(Narrow(path, OfFile));
        }

        var mode = File.GetUnixFileMode(directory);
        problems.Add(!isShared ? Narrow(directory, OfDirectory)
            : (mode & ~OfDirectory) == 0 ? null
            : $"The directory {directory} has other things in it, so its mode stays {Octal(mode)}: give WatchPhoto one of its own.");
        return [.. problems.OfType<string>()];
    }

    /// <summary>Narrows a database of SQLite, with the files that SQLite keeps beside it.</summary>
    /// <inheritdoc cref="NarrowDirectory" path="/returns"/>
    public static IReadOnlyList<string> NarrowDatabase(string file) =>
        [.. ((string[])["", "-wal", "-shm", "-journal"]).Select(suffix => Narrow(file + suffix, OfFile)).OfType<string>()];

    private static string? Narrow(string path, UnixFileMode most)
    {
        UnixFileMode mode = default;
        try
        {
            mode = File.GetUnixFileMode(path);
            if ((mode & ~most) != 0)
                File.SetUnixFileMode(path, mode & most);
            return null;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            return $"{path} belongs to another user, or cannot be changed, so its mode stays {Octal(mode)}: chown it to the user that WatchPhoto runs as, if others shall not read it.";
        }
    }

    private static string Octal(UnixFileMode mode) => Convert.ToString((int)mode, 8);

    [LibraryImport("libc")]
    private static partial int umask(int mask);
}
