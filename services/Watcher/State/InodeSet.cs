using System.Runtime.InteropServices;

namespace WatchPhoto.Watcher.State;

/// <summary>Inodes of files. A file system numbers those that were made together densely: a word stands for 64 of them.</summary>
internal sealed class InodeSet
{
    private readonly Dictionary<ulong, ulong> _words = [];

    /// <summary>What it takes: some 30 bytes each.</summary>
    public int Words => _words.Count;

    public void Add(ulong inode) => CollectionsMarshal.GetValueRefOrAddDefault(_words, inode / 64, out _) |= Bit(inode);

    public bool Contains(ulong inode) => (_words.GetValueOrDefault(inode / 64) & Bit(inode)) != 0;

    private static ulong Bit(ulong inode) => 1UL << (int)(inode % 64);
}
