using Mono.Unix.Native;
using WatchPhoto.Watcher.Disk;

namespace WatchPhoto.Watcher.Tests;

/// <summary>A disk that stands between the watcher and another one, and changes what that one answers.</summary>
/// <param name="between">Makes of a directory of the other disk what the watcher gets.</param>
internal class DiskBetween(IDisk disk, Func<IDirectory, IDirectory> between) : IDisk
{
    public virtual Errno OpenRoot(ReadOnlySpan<byte> path, out IDirectory? directory)
    {
        var error = disk.OpenRoot(path, out directory);
        directory = directory is null ? null : between(directory);
        return error;
    }

    public void RemoveWatch(int watch) => disk.RemoveWatch(watch);
}

/// <summary>A directory of it: answers as the other one, but for what is overridden.</summary>
internal abstract class DirectoryBetween(IDirectory directory) : IDirectory
{
    public FileFacts Facts => directory.Facts;

    public virtual bool TellsEvents => directory.TellsEvents;

    public virtual FileIdentity RootIdentity => directory.RootIdentity;

    public virtual FileIdentity LastingRootIdentity => directory.LastingRootIdentity;

    public virtual void DistrustNumbers() => directory.DistrustNumbers();

    public Errno AddWatch(out int watch) => directory.AddWatch(out watch);

    public virtual Errno List(DirectoryListing listing) => directory.List(listing);

    public virtual Errno Look(ReadOnlySpan<byte> name, out FileFacts facts) => directory.Look(name, out facts);

    public virtual Errno Open(ReadOnlySpan<byte> path, out IDirectory? below)
    {
        var error = directory.Open(path, out below);
        below = below is null ? null : Between(below, path);
        return error;
    }

    public void Dispose() => directory.Dispose();

    /// <param name="path">Of what was opened, relative to this directory.</param>
    protected abstract IDirectory Between(IDirectory below, ReadOnlySpan<byte> path);
}
