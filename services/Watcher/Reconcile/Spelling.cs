using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Reconcile;

/// <summary>
/// Whether names are there as they are spelt. Where a file system takes A.JPG for a.jpg, a look at either finds the file, and only
/// a listing says which of them it has. Asked where a look is no evidence; a directory is listed once. For one plan, or one end of a
/// comparison: what is listed gets old.
/// </summary>
internal sealed class Spelling(DirectoryTree tree)
{
    private readonly Dictionary<WatchedLibrary, Dictionary<byte[], HashSet<byte[]>?>> _names = [];
    private readonly HashSet<DirectoryNode> _away = [];

    /// <summary>Whether a name is there, and each directory that leads to it; true also where that cannot be listed.</summary>
    /// <param name="directory">Relative to the library's root, with a slash at the end; empty for the root.</param>
    public bool IsThere(WatchedLibrary library, ReadOnlySpan<byte> directory, ReadOnlySpan<byte> name)
    {
        if (!Has(library, directory, name))
            return false;
        return directory.Length == 0 || IsThere(library, directory);
    }

    /// <inheritdoc cref="IsThere(WatchedLibrary, ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>
    /// <param name="directory">Not the root.</param>
    public bool IsThere(WatchedLibrary library, ReadOnlySpan<byte> directory)
    {
        int slash = directory[..^1].LastIndexOf((byte)'/');
        bool isThere = IsThere(library, directory[..(slash + 1)], directory[(slash + 1)..^1]);
        if (!isThere)
            NoteAway(library, directory);
        return isThere;
    }

    /// <summary>
    /// Has those directories compared again, with the ones above, that were not where the tree has them when they were asked for:
    /// should one come back before anybody finds out that it left, nobody would look into it.
    /// </summary>
    public void CompareAway(IComparisonEvents events)
    {
        foreach (var directory in _away.Where(directory => directory is { IsAttached: true, Parent: not null }))
        {
            events.CompareAgain(directory.Parent!, recursive: false);
            events.CompareAgain(directory, recursive: true);
        }
    }

    /// <summary>Whether a directory, or one above it, was away when it was asked for: that nothing is in it says nothing then.</summary>
    public bool IsAway(DirectoryNode? directory)
    {
        for (; directory is not null && _away.Count > 0; directory = directory.Parent)
        {
            if (_away.Contains(directory))
                return true;
        }

        return false;
    }

    /// <summary>Whether two files may be one under two spellings, by what looks at them have found.</summary>
    public static bool MayBeOne(ObservedDirectory left, ReadOnlySpan<byte> leftName, ObservedDirectory right, ReadOnlySpan<byte> rightName,
        in FileFacts leftFacts, in FileFacts rightFacts) =>
        left.Library == right.Library
        && (leftFacts.IsOneWith(rightFacts)
            // A made-up number may be that of the name.
            || (leftFacts.IsNumberMadeUp && leftFacts.Identity == rightFacts.Identity
                && Equal(left.Path, right.Path) && Equal(leftName, rightName)));

    private static bool Equal(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        string.Equals(NameComparer.Display(left), NameComparer.Display(right), StringComparison.OrdinalIgnoreCase);

    private bool Has(WatchedLibrary library, ReadOnlySpan<byte> directory, ReadOnlySpan<byte> name)
    {
        if (!_names.TryGetValue(library, out var names))
            _names.Add(library, names = new Dictionary<byte[], HashSet<byte[]>?>(NameComparer.Instance));
        var lookup = names.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (!lookup.TryGetValue(directory, out var listed))
            lookup[directory] = listed = List(library, directory);
        return listed is null || listed.GetAlternateLookup<ReadOnlySpan<byte>>().Contains(name);
    }

    private HashSet<byte[]>? List(WatchedLibrary library, ReadOnlySpan<byte> directory)
    {
        var listing = new DirectoryListing();
        var error = tree.Open(library, directory, out var open);
        using (open)
        {
            if (error.MeansAbsent() || (error == 0 && DirectoryTree.Find(library, directory) is { } node && !node.Is(open!)))
                NoteAway(library, directory);
            if (error == 0)
                error = open!.List(listing);
        }

        if (error != 0)
            return error.MeansAbsent() ? new HashSet<byte[]>(NameComparer.Instance) : null;
        var names = new HashSet<byte[]>(listing.Count, NameComparer.Instance);
        for (int i = 0; i < listing.Count; i++)
            names.Add(listing.Name(i).ToArray());
        return names;
    }

    private void NoteAway(WatchedLibrary library, ReadOnlySpan<byte> directory)
    {
        // One that nobody tells events of is looked into again anyway.
        if (DirectoryTree.Find(library, directory) is { IsAttached: true, IsUnwatched: false, Parent: not null } node)
            _away.Add(node);
    }
}
