using System.Text;
using WatchPhoto.Contracts;
using WatchPhoto.Scenarios.Tests.Histories;
using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Kernel;

namespace WatchPhoto.Scenarios.Tests.Model;

/// <summary>
/// The files of a machine, as values: operations change them and tell the watches of it as Linux does. One thread.
/// </summary>
internal sealed class ModelWorld(Random random, TimeProvider time, bool keepsBirth = true)
{
    private readonly List<(int Watch, WatchMask Mask, uint Cookie, byte[] Name)> _queue = [];
    private readonly Dictionary<int, ModelNode> _watches = [];
    private readonly Dictionary<long, (ModelNode File, ModelNode Directory, string Name)> _open = [];
    private readonly Dictionary<long, ModelVolume> _volumes = [];
    private ulong _lastDevice = 1;
    private int _lastWatch;
    private uint _lastCookie;
    private int _ticks;

    public ModelVolume Main { get; } = new(1, keepsBirth, random, Stamp(time, 0));

    /// <summary>Events the kernel keeps at most.</summary>
    public int MostEvents { get; set; } = int.MaxValue;

    /// <summary>Watches a user may hold.</summary>
    public int MostWatches { get; set; } = int.MaxValue;

    public int Watches => _watches.Count;

    public int WaitingEvents => _queue.Count;

    /// <summary>The descriptor is closed: the watches and what they told are gone.</summary>
    public void ForgetWatches()
    {
        foreach (var node in _watches.Values)
            node.Watch = null;
        _watches.Clear();
        _queue.Clear();
    }

    /// <summary>Takes an event from the queue, the oldest or one that is a little younger.</summary>
    public (int Watch, WatchMask Mask, uint Cookie, byte[] Name) TakeEvent(int index)
    {
        var taken = _queue[index];
        _queue.RemoveAt(index);
        return taken;
    }

    /// <summary>Does what a process would do.</summary>
    /// <returns>False: the system refuses.</returns>
    public bool Do(Operation operation) => operation.Verb switch
    {
        Verb.Mkdir => Mkdir(operation.Path),
        Verb.Write => Write(operation.Path, operation.Number, truncates: true),
        Verb.Append => Find(operation.Path) is { Kind: FileKind.File } && Write(operation.Path, operation.Number, truncates: false),
        Verb.Mknod => Make(operation.Path, size: 0),
        // What happens before it has a name is nobody's to hear.
        Verb.WriteUnnamed => Make(operation.Path, operation.Number),
        Verb.Truncate => Truncate(operation.Path, operation.Number),
        Verb.Open => Open(operation.Path, operation.Number),
        Verb.WriteOpen => WriteOpen(operation.Number),
        Verb.Close => Close(operation.Number),
        Verb.Rename => Rename(operation.Path, operation.Target),
        Verb.Exchange => Exchange(operation.Path, operation.Target),
        Verb.Link => Link(operation.Path, operation.Target),
        Verb.Symlink => Symlink(operation.Path, operation.Target),
        Verb.Unlink => Unlink(operation.Path),
        Verb.Rmdir => Rmdir(operation.Path),
        Verb.Remove => Remove(operation.Path),
        Verb.Touch => Touch(operation.Path),
        Verb.Lock => SetLock(operation.Path, isLocked: true),
        Verb.Unlock => SetLock(operation.Path, isLocked: false),
        Verb.Mount => Mount(operation.Path, operation.Number),
        Verb.Unmount => Unmount(operation.Path),
        _ => throw new ArgumentOutOfRangeException(nameof(operation)),
    };

    /// <summary>What a path leads to; symbolic links are followed on the way, not at its end.</summary>
    public ModelNode? Find(string path) => Walk(Main.Root, path, followsLinks: true, out _);

    /// <summary>The same from a directory, and whether a lock was in the way.</summary>
    public ModelNode? Walk(ModelNode from, string path, bool followsLinks, out bool isDenied, int depth = 0)
    {
        isDenied = false;
        var node = from;
        if (path.Length == 0)
            return node;
        var names = path.Split('/');
        for (int i = 0; i < names.Length; i++)
        {
            if (node.Kind != FileKind.Directory)
                return null;
            if (node.IsLocked)
            {
                isDenied = true;
                return null;
            }

            if (!node.Children!.TryGetValue(names[i], out var child))
                return null;
            while (child.Mounted is { } volume)
                child = volume.Root;
            if (followsLinks && child.Target is { } target && i < names.Length - 1)
            {
                if (depth > 8 || Walk(Main.Root, target, followsLinks, out isDenied, depth + 1) is not { } led)
                    return null;
                child = led;
            }

            node = child;
        }

        return node;
    }

    /// <summary>For people.</summary>
    public string PathOf(ModelNode directory)
    {
        var path = "";
        for (var node = directory; node is not null && node != Main.Root; node = node.IsVolumeRoot ? node.Volume.MountedAt : node.Parent)
        {
            if (!node.IsVolumeRoot)
                path = $"{node.Name}{(node.IsDeleted ? "(deleted)" : "")}/{path}";
        }

        return path;
    }

    public int? Watch(ModelNode node)
    {
        if (node.Watch is { } watch)
            return watch;
        if (_watches.Count >= MostWatches)
            return null;
        node.Watch = ++_lastWatch;
        _watches.Add(_lastWatch, node);
        return _lastWatch;
    }

    public void RemoveWatch(int watch)
    {
        if (!_watches.Remove(watch, out var node))
            return;
        node.Watch = null;
        Tell(watch, WatchMask.Ignored, 0, "");
    }

    public void Release(ModelNode node)
    {
        node.Handles--;
        Evict(node);
    }

    /// <summary>All files below a path, with what they are; symbolic links are not followed, mounts are.</summary>
    public IEnumerable<(string Path, ModelNode Node)> Below(string path)
    {
        var rest = new Stack<(string, ModelNode)>();
        if (Find(path) is { Kind: FileKind.Directory } top)
            rest.Push(("", top));
        while (rest.TryPop(out var each))
        {
            foreach (var (name, child) in each.Item2.Children!)
            {
                var below = child;
                while (below.Mounted is { } volume)
                    below = volume.Root;
                yield return (each.Item1 + name, below);
                if (below.Kind == FileKind.Directory)
                    rest.Push((each.Item1 + name + "/", below));
            }
        }
    }

    private static FileTime Stamp(TimeProvider time, int ticks)
    {
        var now = time.GetUtcNow();
        return new FileTime(now.ToUnixTimeSeconds(), ticks % 1_000_000_000);
    }

    // No two moments are the same, so that what is written shows.
    private FileTime Now() => Stamp(time, ++_ticks);

    private bool Mkdir(string path)
    {
        if (!Parent(path, out var directory, out var name) || directory.Children!.ContainsKey(name))
            return false;
        var made = new ModelNode(directory.Volume, FileKind.Directory, Now()) { Parent = directory, Name = name };
        directory.Children.Add(name, made);
        Tell(directory, WatchMask.Create | WatchMask.IsDirectory, name);
        return true;
    }

    private bool Write(string path, long size, bool truncates)
    {
        if (!OpenToWrite(path, out var directory, out var name) || directory.Children?[name] is not { Kind: FileKind.File } file)
            return false;
        file.Size = truncates ? size : file.Size + size;
        file.Modified = Now();
        Tell(directory, WatchMask.Modify, name);
        Tell(directory, WatchMask.CloseWrite, name);
        return true;
    }

    private bool Make(string path, long size)
    {
        if (!Parent(path, out var directory, out var name) || directory.Children!.ContainsKey(name))
            return false;
        directory.Children.Add(name, new ModelNode(directory.Volume, FileKind.File, Now()) { Size = size });
        Tell(directory, WatchMask.Create, name);
        return true;
    }

    private bool Truncate(string path, long size)
    {
        if (!Parent(path, out var directory, out var name)
            || directory.Children!.GetValueOrDefault(name) is not { Kind: FileKind.File } file)
            return false;
        file.Size = size;
        file.Modified = Now();
        Tell(directory, WatchMask.Modify, name);
        return true;
    }

    private bool OpenToWrite(string path, out ModelNode directory, out string name)
    {
        if (!Parent(path, out directory, out name))
            return false;
        if (directory.Children!.TryGetValue(name, out var found))
            return found.Kind == FileKind.File;
        directory.Children.Add(name, new ModelNode(directory.Volume, FileKind.File, Now()));
        Tell(directory, WatchMask.Create, name);
        return true;
    }

    private bool Open(string path, long slot)
    {
        if (_open.ContainsKey(slot) || !OpenToWrite(path, out var directory, out var name))
            return false;
        var file = directory.Children![name];
        file.Handles++;
        _open.Add(slot, (file, directory, name));
        return true;
    }

    private bool WriteOpen(long slot)
    {
        if (!_open.TryGetValue(slot, out var open))
            return false;
        open.File.Size += 10;
        open.File.Modified = Now();
        Tell(open.Directory, WatchMask.Modify, open.Name);
        return true;
    }

    private bool Close(long slot)
    {
        if (!_open.Remove(slot, out var open))
            return false;
        // The name it was opened by tells, wherever that is now; if it is gone, nobody hears.
        Tell(open.Directory, WatchMask.CloseWrite, open.Name);
        Release(open.File);
        return true;
    }

    private bool Rename(string path, string target)
    {
        if (!Parent(path, out var from, out var name) || !Parent(target, out var to, out var newName)
            || !from.Children!.TryGetValue(name, out var moved) || from.Volume != to.Volume || moved.Mounted is not null)
            return false;
        var victim = to.Children!.GetValueOrDefault(newName);
        if (victim == moved || IsWithin(to, moved))
            return false;
        if (victim is not null && (victim.Kind == FileKind.Directory != (moved.Kind == FileKind.Directory)
            || victim.Mounted is not null || victim.Children?.Count > 0 || IsWithin(from, victim)))
            return false;
        from.Children.Remove(name);
        to.Children![newName] = moved;
        MoveDetails(moved, from, name, to, newName);
        TellMove(moved, from, name, to, newName);
        if (victim is not null)
            Lose(victim);
        return true;
    }

    private bool Exchange(string path, string target)
    {
        if (!Parent(path, out var left, out var leftName) || !Parent(target, out var right, out var rightName)
            || !left.Children!.TryGetValue(leftName, out var one) || !right.Children!.TryGetValue(rightName, out var other)
            || one == other || left.Volume != right.Volume || one.Mounted is not null || other.Mounted is not null
            || IsWithin(right, one) || IsWithin(left, other))
            return false;
        left.Children[leftName] = other;
        right.Children[rightName] = one;
        // An open file is told of by the name it has now.
        var moving = _open.Where(open => open.Value.Directory == right && open.Value.Name == rightName).Select(open => open.Key).ToList();
        MoveDetails(one, left, leftName, right, rightName);
        foreach (long slot in moving)
            _open[slot] = (_open[slot].File, left, leftName);
        other.Name = leftName;
        if (other.Kind == FileKind.Directory)
            other.Parent = left;
        TellMove(one, left, leftName, right, rightName);
        TellMove(other, right, rightName, left, leftName);
        return true;
    }

    private void MoveDetails(ModelNode moved, ModelNode from, string name, ModelNode to, string newName)
    {
        moved.Name = newName;
        if (moved.Kind == FileKind.Directory)
            moved.Parent = to;
        foreach (var (slot, open) in _open.ToList())
        {
            if (open.File == moved && open.Directory == from && open.Name == name)
                _open[slot] = (moved, to, newName);
        }
    }

    private void TellMove(ModelNode moved, ModelNode from, string name, ModelNode to, string newName)
    {
        var kind = moved.Kind == FileKind.Directory ? WatchMask.IsDirectory : 0;
        uint cookie = ++_lastCookie;
        Tell(from, WatchMask.MovedFrom | kind, name, cookie);
        Tell(to, WatchMask.MovedTo | kind, newName, cookie);
        if (moved.Watch is { } watch)
            Tell(watch, WatchMask.MoveSelf, 0, "");
    }

    private bool Link(string path, string target)
    {
        if (Find(path) is not { Kind: FileKind.File } file || !Parent(target, out var to, out var name)
            || to.Children!.ContainsKey(name) || to.Volume != file.Volume)
            return false;
        file.Links++;
        to.Children.Add(name, file);
        Tell(to, WatchMask.Create, name);
        return true;
    }

    private bool Symlink(string path, string target)
    {
        if (!Parent(path, out var directory, out var name) || directory.Children!.ContainsKey(name))
            return false;
        directory.Children.Add(name, new ModelNode(directory.Volume, FileKind.Other, Now()) { Target = target });
        Tell(directory, WatchMask.Create, name);
        return true;
    }

    private bool Unlink(string path)
    {
        if (!Parent(path, out var directory, out var name) || !directory.Children!.TryGetValue(name, out var node)
            || node.Kind == FileKind.Directory)
            return false;
        directory.Children.Remove(name);
        Tell(directory, WatchMask.Delete, name);
        Lose(node);
        return true;
    }

    private bool Rmdir(string path)
    {
        if (!Parent(path, out var directory, out var name) || !directory.Children!.TryGetValue(name, out var node)
            || node.Kind != FileKind.Directory || node.Children!.Count > 0 || node.Mounted is not null)
            return false;
        directory.Children.Remove(name);
        Lose(node);
        Tell(directory, WatchMask.Delete | WatchMask.IsDirectory, name);
        return true;
    }

    private bool Remove(string path)
    {
        if (Find(path) is not { Kind: FileKind.Directory, IsLocked: false } node || node.IsVolumeRoot)
            return false;
        foreach (var (name, child) in node.Children!.ToList())
        {
            if (child.Kind == FileKind.Directory)
                Remove($"{path}/{name}");
            else
                Unlink($"{path}/{name}");
        }

        return Rmdir(path);
    }

    private bool Touch(string path)
    {
        if (!Parent(path, out var directory, out var name) || !directory.Children!.TryGetValue(name, out var node)
            || node.Kind != FileKind.File)
            return false;
        node.Modified = Now();
        Tell(directory, WatchMask.Attributes, name);
        return true;
    }

    private bool SetLock(string path, bool isLocked)
    {
        if (!Parent(path, out var directory, out var name) || Find(path) is not { Kind: FileKind.Directory } node
            || node.IsLocked == isLocked)
            return false;
        node.IsLocked = isLocked;
        Tell(directory, WatchMask.Attributes | WatchMask.IsDirectory, name);
        if (node.Watch is { } watch)
            Tell(watch, WatchMask.Attributes | WatchMask.IsDirectory, 0, "");
        return true;
    }

    private bool Mount(string path, long number)
    {
        if (Find(path) is not { Kind: FileKind.Directory } node)
            return false;
        if (!_volumes.TryGetValue(number, out var volume))
            _volumes.Add(number, volume = new ModelVolume(++_lastDevice, keepsBirth, random, Now()));
        if (volume.MountedAt is not null)
            return false;
        node.Mounted = volume;
        volume.MountedAt = node;
        return true;
    }

    private bool Unmount(string path)
    {
        if (Find(path) is not { IsVolumeRoot: true, Volume.MountedAt: { } at } root)
            return false;
        var nodes = new List<ModelNode> { root };
        for (int i = 0; i < nodes.Count; i++)
            nodes.AddRange(nodes[i].Children?.Values ?? Enumerable.Empty<ModelNode>());
        // Busy.
        if (nodes.Any(node => node.Handles > 0 || node.Mounted is not null))
            return false;
        at.Mounted = null;
        root.Volume.MountedAt = null;
        foreach (var node in nodes)
        {
            if (node.Watch is not { } watch)
                continue;
            Tell(watch, WatchMask.Unmount, 0, "");
            RemoveWatch(watch);
        }

        return true;
    }

    private bool Parent(string path, out ModelNode directory, out string name)
    {
        int slash = path.LastIndexOf('/');
        name = path[(slash + 1)..];
        directory = (slash < 0 ? Main.Root : Find(path[..slash]))!;
        return directory is { Kind: FileKind.Directory, IsDeleted: false, IsLocked: false };
    }

    private static bool IsWithin(ModelNode node, ModelNode above)
    {
        for (; ; node = node.Parent!)
        {
            if (node == above)
                return true;
            if (node.IsVolumeRoot)
                return false;
        }
    }

    private void Lose(ModelNode node)
    {
        node.Links--;
        Evict(node);
    }

    // The inode goes with the last name and the last that has it open.
    private void Evict(ModelNode node)
    {
        if (node.Links > 0 || node.Handles > 0)
            return;
        if (node.Watch is { } watch)
        {
            Tell(watch, WatchMask.DeleteSelf, 0, "");
            RemoveWatch(watch);
        }

        node.Volume.Free(node.Inode);
    }

    private void Tell(ModelNode directory, WatchMask mask, string name, uint cookie = 0)
    {
        if (directory.Watch is { } watch)
            Tell(watch, mask, cookie, name);
    }

    private void Tell(int watch, WatchMask mask, uint cookie, string name)
    {
        var bytes = Encoding.Latin1.GetBytes(name);
        // The kernel merges what would say the same twice.
        if (cookie == 0 && _queue.Count > 0 && _queue[^1] is var last && last.Watch == watch && last.Mask == mask
            && last.Name.AsSpan().SequenceEqual(bytes))
            return;
        if (_queue.Count < MostEvents)
            _queue.Add((watch, mask, cookie, bytes));
        else if (_queue[^1].Mask != WatchMask.Overflow)
            _queue.Add((-1, WatchMask.Overflow, 0, []));
    }
}
