using Mono.Unix.Native;
using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Reconcile;

/// <summary>Names that something was heard of, by directory, each looked at for itself.</summary>
internal sealed class NameLooks(
    DirectoryTree tree, TreeUpdate update, Suspects suspects, Recorder recorder, IComparisonEvents events)
{
    private readonly Queue<(DirectoryNode Directory, Dictionary<byte[], bool> Names)> _names = new();

    public int Count => _names.Count;

    /// <summary>What the hints tell of renames, by the directory and the name that was renamed to.</summary>
    public IReadOnlyDictionary<DirectoryNode, Dictionary<byte[], Origin>> Renames { get; set; } = new Dictionary<DirectoryNode, Dictionary<byte[], Origin>>();

    /// <param name="names">Whether each may be of a file that is not written to its end.</param>
    public void Add(DirectoryNode directory, Dictionary<byte[], bool> names) => _names.Enqueue((directory, names));

    /// <summary>Of a directory its parent says what it is.</summary>
    public void AddName(DirectoryNode directory) =>
        Add(directory.Parent!, new Dictionary<byte[], bool>(NameComparer.Instance) { [directory.Name] = false });

    /// <summary>Looks at the names in one directory.</summary>
    /// <returns>False: there are none.</returns>
    public bool LookAtNext()
    {
        if (!_names.TryDequeue(out var next))
            return false;
        if (next.Directory.IsAttached)
            LookAt(next.Directory, next.Names);
        return true;
    }

    /// <summary>The path of a directory leads to it no more: what its parent says of the name decides.</summary>
    public void NotThere(DirectoryNode node, Errno error, bool recursive)
    {
        if (error == Errno.ESTALE && !IsRootThere(node.Library))
        {
            events.RootIsGone(node.Library);
        }
        else if (!error.MeansAbsent())
        {
            events.Trouble(node, Trouble.Of(error));
        }
        else
        {
            suspects.NotThere(node, recursive);
            AddName(node);
        }
    }

    // Else a file server has said that of a directory in it.
    private bool IsRootThere(WatchedLibrary library)
    {
        var error = tree.Open(library, [], out var root);
        root?.Dispose();
        return error == 0;
    }

    private void LookAt(DirectoryNode node, Dictionary<byte[], bool> names)
    {
        var error = tree.Open(node, out var open);
        if (error != 0)
        {
            NotThere(node, error, recursive: false);
            return;
        }

        using (open)
        {
            var directory = new ObservedDirectory(node.Library, node.Path()) { Node = node };
            var renamed = Renames.GetValueOrDefault(node);
            foreach (var (name, mayBeUnfinished) in names)
            {
                error = open!.Look(name, out var facts);
                if (error != 0 && !error.MeansAbsent())
                {
                    // Whether it is of interest at all, a listing may know.
                    if (node.Library.Filter.IncludesFile(directory.Path, name))
                        events.NameNotSeen(node, name, error);
                    else
                        events.CompareAgain(node, recursive: false);
                    continue;
                }

                node.Sees(name);
                bool exists = error == 0;
                if (exists && facts.Kind == FileKind.Directory && node.Library.Filter.IncludesDirectory(directory.Path, name))
                    update.Enter(node, open, name, recursive: false, inTurn: true, listed: null);
                else if (node.Child(name) is { } child)
                    suspects.Gone(child);

                bool isEntry = exists && facts.Kind == FileKind.File && node.Library.Filter.IncludesFile(directory.Path, name);
                recorder.Files++;
                recorder.Observed.Add(new Observation
                {
                    Directory = directory,
                    Name = name,
                    OnDisk = isEntry ? facts : null,
                    Live = node,
                    CameFrom = renamed?.GetValueOrDefault(name),
                    MayBeUnfinished = mayBeUnfinished,
                });
            }
        }
    }
}
