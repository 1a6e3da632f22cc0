using System.Text;
using Mono.Unix.Native;
using WatchPhoto.Watcher.Disk;

namespace WatchPhoto.Scenarios.Tests.Model;

/// <summary>What a watcher sees of the model. Before each look something else may happen.</summary>
/// <param name="before">Called before every look; an error it returns is the look's answer.</param>
internal sealed class ModelDisk(ModelWorld world, Func<string, ModelNode?, string, Errno> before) : IDisk
{
    private readonly HashSet<OpenDirectory> _open = [];

    /// <summary>What the system does with what a dead process had open.</summary>
    public void CloseAll()
    {
        foreach (var directory in _open.ToList())
            directory.Dispose();
    }

    public Errno OpenRoot(ReadOnlySpan<byte> path, out IDirectory? directory) =>
        Open(world.Main.Root, Encoding.Latin1.GetString(path).Trim('/'), out directory);

    public void RemoveWatch(int watch) => world.RemoveWatch(watch);

    private Errno Open(ModelNode from, string path, out IDirectory? directory)
    {
        directory = null;
        if (before("open", from, path) is var error && error != 0)
            return error;
        var node = world.Walk(from, path, followsLinks: from == world.Main.Root, out bool isDenied);
        if (isDenied || node is { IsLocked: true })
            return Errno.EACCES;
        if (node is null)
            return Errno.ENOENT;
        if (node.Kind != FileKind.Directory)
            return Errno.ENOTDIR;
        directory = new OpenDirectory(this, node);
        return 0;
    }

    private sealed class OpenDirectory : IDirectory
    {
        private readonly ModelDisk _disk;
        private readonly ModelNode _node;
        private bool _isDisposed;

        public OpenDirectory(ModelDisk disk, ModelNode node)
        {
            (_disk, _node) = (disk, node);
            node.Handles++;
            Facts = node.Facts;
            disk._open.Add(this);
        }

        public FileFacts Facts { get; }

        public bool TellsEvents => true;

        private ModelWorld World => _disk.World;

        public Errno AddWatch(out int watch)
        {
            watch = -1;
            if (_disk.Before("watch", _node, "") is var error && error != 0)
                return error;
            if (World.Watch(_node) is not { } added)
                return Errno.ENOSPC;
            watch = added;
            return 0;
        }

        public Errno List(DirectoryListing listing)
        {
            listing.Clear();
            if (_disk.Before("list", _node, "") is var error && error != 0)
                return error;
            if (_node.IsDeleted)
                return Errno.ENOENT;
            // The kind is that of the directory's own entry: nothing is known of what is mounted there.
            foreach (var (name, child) in _node.Children!)
                listing.Add(Encoding.Latin1.GetBytes(name), child.Kind);
            return 0;
        }

        public Errno Look(ReadOnlySpan<byte> name, out FileFacts facts)
        {
            facts = default;
            if (_disk.Before("look", _node, Encoding.Latin1.GetString(name)) is var error && error != 0)
                return error;
            if (World.Walk(_node, Encoding.Latin1.GetString(name), followsLinks: false, out bool isDenied) is not { } node)
                return isDenied ? Errno.EACCES : Errno.ENOENT;
            facts = node.Facts;
            return 0;
        }

        public Errno Open(ReadOnlySpan<byte> name, out IDirectory? directory) =>
            _disk.Open(_node, Encoding.Latin1.GetString(name), out directory);

        public void Dispose()
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            _disk._open.Remove(this);
            World.Release(_node);
        }
    }

    private ModelWorld World => world;

    private Errno Before(string call, ModelNode at, string name) => before(call, at, name);
}
