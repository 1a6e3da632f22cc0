using System.Globalization;
using System.Text;
using WatchPhoto.Contracts;
using WatchPhoto.Testing;

namespace WatchPhoto.EndToEnd.Tests.Harness;

/// <summary>A directory of photos, changed and looked at with the system's own tools.</summary>
internal sealed class Disk : IDisposable
{
    // Smallest first; a library of a camera, of scans and of thumbnails has them all.
    private static readonly (int Width, int Height)[] Sizes = [(8, 8), (97, 31), (160, 120), (333, 500), (640, 480), (1024, 768)];

    private readonly string _base = Directory.CreateTempSubdirectory("watchphoto-disk-").FullName;

    public Disk()
    {
        Root = Path.Combine(_base, "photos");
        Directory.CreateDirectory(Root);
    }

    public string Root { get; }

    /// <summary>Runs a script of the shell in the library's root; <c>../</c> is the same file system outside of the library.</summary>
    public void Run(string script) => Shell.Run(script, Root);

    public void AddPhoto(string path, int seed = 1)
    {
        var (width, height) = Sizes[(uint)seed % Sizes.Length];
        path = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, Jpeg.Make(seed, width, height));
    }

    /// <summary>Photos of mixed sizes in directories of a few dozen.</summary>
    public void AddPhotos(int count, string below = "2026")
    {
        for (int i = 0; i < count; i++)
            AddPhoto(string.Create(CultureInfo.InvariantCulture, $"{below}/{i / 40:D3}/photo {i:D5}.jpg"), i);
    }

    /// <summary>The photos that are on the disk, by the path they have in the catalog.</summary>
    public SortedDictionary<string, SeenFile> Walk()
    {
        var files = new SortedDictionary<string, SeenFile>(Utf8Order.Instance);
        foreach (var line in Find.Run(
            Root, "-mindepth", "1", "-name", ".*", "-prune", "-o", "-type", "f", "-iname", "*.jpg", "-printf", "%s %T@ %i %P\\0"))
        {
            var parts = Encoding.Latin1.GetString(line).Split(' ', 4);
            files.Add(
                PhotoPath.Encode(Encoding.Latin1.GetBytes(parts[3])),
                new SeenFile(
                    long.Parse(parts[0], CultureInfo.InvariantCulture), Find.Iso8601(parts[1]),
                    ulong.Parse(parts[2], CultureInfo.InvariantCulture)));
        }

        return files;
    }

    /// <summary>The inodes of the library's root and all directories in it.</summary>
    public HashSet<ulong> DirectoryInodes() =>
        [.. Find.Run(Root, "-type", "d", "-printf", "%i\\0").Select(inode => ulong.Parse(inode, CultureInfo.InvariantCulture))];

    // .NET cannot remove names that are not UTF-8.
    public void Dispose() => Shell.Run($"rm -rf {_base}", "/");
}

/// <summary>The order of paths in the catalog: that of their bytes in UTF-8.</summary>
internal sealed class Utf8Order : IComparer<string>
{
    public static readonly Utf8Order Instance = new();

    public int Compare(string? x, string? y) => Encoding.UTF8.GetBytes(x!).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y!));
}
