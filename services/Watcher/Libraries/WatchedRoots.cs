using System.ComponentModel.DataAnnotations;
using System.Globalization;
using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Disk;

namespace WatchPhoto.Watcher.Libraries;

/// <summary>
/// The directories that a watcher watches at all, with all below. A library is in one of them by what its directory really is,
/// device and inode, and not by its name, which may lead anywhere over symbolic links; only what is not there has nothing but a name.
/// </summary>
internal sealed class WatchedRoots(WatcherOptions options)
{
    private const char Separator = ';';

    // As Library.Path has them; null: everything may be watched.
    private readonly string[]? _roots = options.Roots is { } roots ? Parts(roots) : null;

    /// <param name="root">The library's directory; null: it cannot be opened.</param>
    /// <returns>Why the library is not watched, in one sentence; null: it may be.</returns>
    public string? Refusal(Library library, IDisk disk, IDirectory? root) =>
        _roots is null || (root is null ? _roots.Any(each => IsNamedIn(library.Path, each)) : IsIn(_roots, root, disk))
            ? null
            : $"The directory {library.Path} is not in one that this watcher may watch ({string.Join(", ", _roots)}): give the library a directory below one of these, or name its own in Watcher__Roots and start the watcher again.";

    private static string[] Parts(string roots) => roots.Split(Separator, StringSplitOptions.TrimEntries);

    // They are opened each time: what is at their paths may be mounted at any time.
    private static bool IsIn(string[] roots, IDirectory root, IDisk disk)
    {
        var around = SharedRoots.Above(root);
        around.Add(SharedRoots.Identity(root));
        return roots.Any(each =>
        {
            var error = disk.OpenRoot(Bytes(each), out var allowed);
            using (allowed)
                return error == 0 && around.Contains(SharedRoots.Identity(allowed!));
        });
    }

    private static bool IsNamedIn(string path, string root) =>
        (path.TrimEnd('/') + "/").StartsWith(root.TrimEnd('/') + "/", StringComparison.Ordinal);

    private static byte[] Bytes(string root) => root.TrimEnd('/').Length == 0 ? "/"u8.ToArray() : PhotoPath.DecodeRoot(root);

    /// <summary>Of a setting: such directories, parted by semicolons.</summary>
    [AttributeUsage(AttributeTargets.Property)]
    internal sealed class DirectoriesAttribute : ValidationAttribute
    {
        public override bool IsValid(object? value) => value is not string roots || Parts(roots).All(IsAbsolute);

        public override string FormatErrorMessage(string name) => string.Create(CultureInfo.InvariantCulture,
            $"{name} must be absolute directories without '.' or '..' in them, parted by '{Separator}', such as /photos;/srv/raw: leave it out to watch everything.");

        private static bool IsAbsolute(string root) =>
            root.StartsWith('/') && (root.TrimEnd('/').Length == 0 || PhotoPath.Problem(root[1..].TrimEnd('/')) is null);
    }
}
