using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Disk;

namespace WatchPhoto.Scenarios.Tests.Model;

/// <summary>A file system of the model: a device with inodes, which it gives out again once they are free.</summary>
internal sealed class ModelVolume
{
    private readonly Stack<ulong> _free = new();
    private ulong _next = 2;

    public ModelVolume(ulong device, bool keepsBirth, Random random, FileTime now)
    {
        (Device, KeepsBirth, Random) = (device, keepsBirth, random);
        Root = new ModelNode(this, FileKind.Directory, now);
        Root.Parent = Root;
    }

    public ulong Device { get; }
    public bool KeepsBirth { get; }
    public ModelNode Root { get; }
    private Random Random { get; }

    /// <summary>Where it is mounted; null: nowhere.</summary>
    public ModelNode? MountedAt { get; set; }

    public ulong NewInode() => _free.Count > 0 && Random.Next(2) == 0 ? _free.Pop() : _next++;

    public void Free(ulong inode) => _free.Push(inode);
}

internal sealed class ModelNode
{
    public ModelNode(ModelVolume volume, FileKind kind, FileTime now)
    {
        (Volume, Kind, Inode, Modified) = (volume, kind, volume.NewInode(), now);
        Birth = volume.KeepsBirth ? now : null;
        Children = kind == FileKind.Directory ? [] : null;
        Links = 1;
    }

    public ModelVolume Volume { get; }
    public FileKind Kind { get; }
    public ulong Inode { get; }
    public FileTime? Birth { get; }
    public FileTime Modified { get; set; }
    public long Size { get; set; }
    public uint Links { get; set; }
    public Dictionary<string, ModelNode>? Children { get; }

    /// <summary>Of a directory; a volume's root is its own.</summary>
    public ModelNode? Parent { get; set; }
    public string Name { get; set; } = "";

    /// <summary>Where a symbolic link leads, from the world's root.</summary>
    public string? Target { get; set; }

    /// <summary>The file system mounted over this directory.</summary>
    public ModelVolume? Mounted { get; set; }

    public int? Watch { get; set; }

    /// <summary>Somebody has it open.</summary>
    public int Handles { get; set; }

    public bool IsLocked { get; set; }
    public bool IsVolumeRoot => Parent == this;
    public bool IsDeleted => Links == 0;

    public FileFacts Facts => new()
    {
        Kind = Kind,
        Device = Volume.Device,
        Inode = Inode,
        Size = Kind == FileKind.Directory ? 4096 : Size,
        Modified = Modified,
        Birth = Birth,
        Links = Links,
        IsMountRoot = IsVolumeRoot && Volume.MountedAt is not null,
    };
}
