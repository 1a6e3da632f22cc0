using System.Collections.Concurrent;
using System.Text;
using Mono.Unix.Native;
using WatchPhoto.Watcher.Disk;

namespace WatchPhoto.Watcher.Tests;

/// <summary>A disk that answers with errors where it is told to, by names.</summary>
internal sealed class OddDisk(IDisk disk, OddDisk.Faults faults) : DiskBetween(disk, root => new OddDirectory(root, faults, ""))
{
    /// <summary>What goes wrong; a test changes it while the watcher runs.</summary>
    internal sealed class Faults
    {
        /// <summary>By the name of a file or directory that is looked at.</summary>
        public ConcurrentDictionary<string, Errno> Looks { get; } = [];

        /// <summary>By the name of a directory that is opened.</summary>
        public ConcurrentDictionary<string, Errno> Opens { get; } = [];

        /// <summary>By the name of a directory that is listed.</summary>
        public ConcurrentDictionary<string, Errno> Lists { get; } = [];

        /// <summary>Listings do not say which names are directories.</summary>
        public bool HasNoKinds { get; init; }

        /// <summary>Told what is about to be done ("look", "open" or "list") to which name.</summary>
        public Action<string, string>? Before { get; set; }

        public int LooksRefused;
    }

    private sealed class OddDirectory(IDirectory directory, Faults faults, string name) : DirectoryBetween(directory)
    {
        public override Errno List(DirectoryListing listing)
        {
            faults.Before?.Invoke("list", name);
            var error = base.List(listing);
            if (error != 0 || faults.Lists.TryGetValue(name, out error))
                return error;
            if (!faults.HasNoKinds)
                return 0;
            var names = Enumerable.Range(0, listing.Count).Select(i => listing.Name(i).ToArray()).ToList();
            listing.Clear();
            foreach (byte[] one in names)
                listing.Add(one, FileKind.Unknown);
            return 0;
        }

        public override Errno Look(ReadOnlySpan<byte> name, out FileFacts facts)
        {
            facts = default;
            faults.Before?.Invoke("look", Encoding.UTF8.GetString(name));
            if (!faults.Looks.TryGetValue(Encoding.UTF8.GetString(name), out var error))
                return base.Look(name, out facts);
            Interlocked.Increment(ref faults.LooksRefused);
            return error;
        }

        public override Errno Open(ReadOnlySpan<byte> path, out IDirectory? below)
        {
            below = null;
            faults.Before?.Invoke("open", Encoding.UTF8.GetString(path));
            foreach (string part in Encoding.UTF8.GetString(path).Split('/'))
            {
                if (faults.Opens.TryGetValue(part, out var error) || faults.Looks.TryGetValue(part, out error))
                    return error;
            }

            return base.Open(path, out below);
        }

        protected override IDirectory Between(IDirectory below, ReadOnlySpan<byte> path) =>
            new OddDirectory(below, faults, Encoding.UTF8.GetString(path).Split('/')[^1]);
    }
}
