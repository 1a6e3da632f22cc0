using System.Text;
using Mono.Unix.Native;
using WatchPhoto.Contracts;
using WatchPhoto.Hosting;
using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.State;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Reconcile;

/// <summary>
/// Compares some extent of the disks with the state: names, directories or whole trees; a live event, a new directory, a
/// restart and an overflow differ in nothing else. Runs in steps, so that a long one leaves room for others; what is
/// recorded but not there is deleted in the last, after it had every chance to turn up elsewhere.
/// </summary>
internal sealed class Comparison(
    StateDatabase state, DirectoryTree tree, Planner planner, Func<long, WatchedLibrary?> libraryByRow,
    IComparisonEvents events, TimeProvider time, TaskScheduler readers)
{
    private const int StepSize = 4096;
    // Of as many albums as a step records.
    private const int MostAhead = 64;
    // Directories that may be open for going ahead: in a wide and deep tree those whose turn to be gone into comes later are many.
    private static readonly int MostOpen = Math.Min(256, OpenFiles.Share);
    // Of a step: a disk that did not answer for an hour is not left alone for four.
    private static readonly TimeSpan MostWorked = TimeSpan.FromSeconds(10);

    private readonly Queue<MovedDirectory> _moved = new();
    private readonly Queue<(DirectoryNode Directory, Dictionary<byte[], bool> Names)> _names = new();
    private readonly Queue<(DirectoryNode Directory, bool Recursive)> _directories = new();
    // Directories gone into, to be compared in this order; and those compared, of which some are still to be gone into: the
    // topmost is next.
    private readonly Queue<Frame> _entered = new();
    private readonly Stack<Frame> _listed = new();
    private readonly HashSet<byte[]> _seen = new(NameComparer.Instance);
    private readonly DirectoryListing _listing = new();
    private readonly Stack<ReadAhead> _idleReaders = new();
    private bool _goesNoFurther;
    private long _stepStarted;
    private List<Observation> _observed = [];
    private readonly List<DirectoryNode> _gone = [];
    private readonly List<(DirectoryNode Directory, DirectoryNode Parent, byte[] Name, bool Recursive)> _unseen = [];
    private readonly List<ObservedDirectory> _extents = [];
    private readonly List<WatchedLibrary> _emptied = [];
    // Roots of disks that are mounted inside libraries, compared with all below.
    private readonly List<DirectoryNode> _disks = [];
    private List<Observation> _missing = [];
    // Directories of which nobody tells what happens in them, topmost ones only, that changed while they were compared; and those
    // that were compared once more for that.
    private readonly HashSet<DirectoryNode> _changing = [];
    private readonly HashSet<DirectoryNode> _comparedAgain = [];
    private DirectoryNode? _root;
    private bool _manySteps;
    // The part of the whole that is compared, taking the directories of one directory for equals.
    private double _done;
    private long? _waitsSince;
    private long _moves;

    /// <summary>After what time a step ends.</summary>
    public required TimeSpan StepTime { get; init; }

    /// <summary>The library whose root is compared with all below, and so the whole disk; null: less than that.</summary>
    public WatchedLibrary? Whole { get; private set; }

    /// <summary>Whether that library has been let go of meanwhile, or begun anew.</summary>
    public bool IsOutdated => Whole?.Root != _root;

    /// <summary>No event led to it: what it misses, nobody saw go.</summary>
    public bool IsUnwitnessed { get; set; }

    /// <summary>It met a directory that has moved, with all below.</summary>
    public bool HasMoved { get; private set; }

    /// <summary>Not all names that were heard of have been looked at: what another misses may be at one of them.</summary>
    public bool HasNamesToLookAt => _names.Count > 0;

    /// <summary>
    /// Since when it has waited for where a file has gone whose place another took; null: it does not. Another name of a file that
    /// has several takes no place, and files without lasting numbers are told apart by all that one comparison has seen.
    /// </summary>
    public long? WaitsSince => _missing.Exists(one => one.OnDisk is { Links: 1, IsNumberMadeUp: false }) ? _waitsSince : null;

    /// <summary>Files looked at so far.</summary>
    public long Files { get; private set; }

    /// <summary>How many there will be, if the directories that are to come are like their neighbours; 0: nothing says so yet.</summary>
    public long FilesExpected => _done > 0 ? (long)(Files / _done) : 0;

    public long Started { get; } = time.GetTimestamp();

    /// <summary>How long it has worked. A step that hung, or in which the process was stopped, counts for ten seconds at most.</summary>
    public TimeSpan Worked { get; private set; }

    /// <summary>What the hints that led to it tell of renames.</summary>
    public IReadOnlyDictionary<DirectoryNode, Dictionary<byte[], Origin>> Renames { get; set; } = new Dictionary<DirectoryNode, Dictionary<byte[], Origin>>();

    /// <summary>When the oldest of the hints was read that led to it; null: none did, or what they led to is recorded.</summary>
    public long? HintedAt { get; set; }

    public void Add(DirectoryNode directory, Dictionary<byte[], bool> names) => _names.Enqueue((directory, names));

    public void Add(DirectoryNode directory, bool recursive)
    {
        if (directory.Parent is null && recursive)
            (Whole, _root) = (directory.Library, directory);
        _directories.Enqueue((directory, recursive));
    }

    /// <summary>
    /// The kernel said that the root of the library was removed. Only an empty directory can be: all below was removed before.
    /// </summary>
    public void AddEmptied(WatchedLibrary library) => _emptied.Add(library);

    /// <summary>Compares for a short while and records what differs.</summary>
    /// <returns>True: all is compared.</returns>
    public bool Step()
    {
        _stepStarted = time.GetTimestamp();
        bool ended = Advance();
        var worked = time.GetElapsedTime(_stepStarted);
        Worked += worked < MostWorked ? worked : MostWorked;
        return ended;
    }

    private bool IsStepOver => _observed.Count >= StepSize || time.GetElapsedTime(_stepStarted) >= StepTime;

    private bool Advance()
    {
        while (Next())
        {
            if (_moved.Count > 0)
                BringAlong();
            if (IsStepOver)
            {
                RecordStep();
                return false;
            }
        }

        return Finish();
    }

    /// <summary>Ends it before its time; whatever it was to find is to be compared anew.</summary>
    public void Abandon()
    {
        // Another has taken its place in the tree already: nobody else would come for its watches.
        foreach (var node in _gone.Where(node => !node.IsAttached))
            tree.Drop(node);
        foreach (var frame in _entered.Concat(_listed))
            End(frame);
        _entered.Clear();
        _listed.Clear();
    }

    private bool Next()
    {
        if (_names.TryDequeue(out var names))
        {
            if (names.Directory.IsAttached)
                LookAt(names.Directory, names.Names);
        }
        else if (_listed.TryPeek(out var listed) && MayEnter(listed))
        {
            EnterNext(listed);
        }
        else if (_entered.TryDequeue(out var entered))
        {
            // Hints taken between two steps may have moved the directory (then its path is the new one) or taken it away.
            if (entered.Node.IsAttached)
                Compare(entered);
            else
                End(entered);
        }
        else if (_directories.TryDequeue(out var directory))
        {
            if (directory.Directory.IsAttached)
                Start(directory.Directory, directory.Recursive);
        }
        else
        {
            return false;
        }

        return true;
    }

    // A scan goes into more than the next, so that those behind it are read while it is compared and recorded. But it is done
    // with one disk before it goes on with another, which could not be unmounted else.
    private bool MayEnter(Frame listed) =>
        !_entered.TryPeek(out var next)
        || (Whole is not null && !_goesNoFurther && _entered.Count < MostAhead && _entered.Count + _listed.Count < MostOpen
            && next.Node.Identity.Device == listed.Node.Identity.Device);

    private void EnterNext(Frame listed)
    {
        bool inTurn = _entered.Count == 0;
        if (inTurn)
            _goesNoFurther = false;
        if (!listed.Node.IsAttached)
        {
            End(_listed.Pop());
            return;
        }

        int entered = _entered.Count;
        if (Enter(listed.Node, listed.Open, listed.Directories.Peek(), listed.Recursive, inTurn, listed))
        {
            listed.Directories.Dequeue();
            if (_entered.Count == entered)
                _done += listed.ShareOfEach;
        }
        else
        {
            _goesNoFurther = true;
        }

        if (listed.Directories.Count == 0)
            Leave(_listed.Pop());
    }

    private void Leave(Frame frame)
    {
        frame.Node.IsListed |= !frame.Node.IsOpaque;
        End(frame);
    }

    private void End(Frame frame)
    {
        GiveBack(frame);
        frame.Open.Dispose();
    }

    private void GiveBack(Frame frame)
    {
        if (frame.Ahead is not { } ahead)
            return;
        ahead.Cancel();
        _idleReaders.Push(ahead);
        frame.Ahead = null;
    }

    private void Start(DirectoryNode node, bool recursive)
    {
        // It could not be read, or its disk was away: whether that is so still is seen from above.
        if (node is { IsOpaque: true, Parent: { } parent })
        {
            _names.Enqueue((parent, new Dictionary<byte[], bool>(NameComparer.Instance) { [node.Name] = false }));
            return;
        }

        var error = tree.Open(node, out var open);
        if (error == 0 && !IsMountKnown(node, open!))
        {
            open!.Dispose();
            NotThere(node, Errno.ENOENT, recursive);
        }
        else if (error == 0)
        {
            if (!Polls(node, open!) && node.Watch == DirectoryNode.NoWatch)
                Watch(node, open!);
            Push(node, open!, recursive, node.Parent is null ? 1 : 0);
        }
        else
        {
            NotThere(node, error, recursive);
        }
    }

    private void Push(DirectoryNode node, IDirectory open, bool recursive, double share)
    {
        var extent = new ObservedDirectory(node.Library, node.Path());
        _extents.Add(extent);
        if (recursive && node.Library.Mounts.ContainsKey(extent.Path))
            _disks.Add(node);
        var frame = new Frame(node, open, recursive) { Share = share };
        _entered.Enqueue(frame);
        if (Whole is null)
            return;
        if (!ReadAhead.CanRead(node, open))
        {
            _goesNoFurther = true;
            return;
        }

        frame.Ahead = _idleReaders.TryPop(out var idle) ? idle : new ReadAhead();
        frame.Ahead.Begin(node, open, readers);
    }

    // The path of a node leads to it no more: what its parent says of the name decides.
    private void NotThere(DirectoryNode node, Errno error, bool recursive)
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
            _unseen.Add((node, node.Parent!, node.Name, recursive));
            _names.Enqueue((node.Parent!, new Dictionary<byte[], bool>(NameComparer.Instance) { [node.Name] = false }));
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
                    Enter(node, open, name, recursive: false, inTurn: true, listed: null);
                else if (node.Child(name) is { } child)
                    Gone(child);

                bool isEntry = exists && facts.Kind == FileKind.File && node.Library.Filter.IncludesFile(directory.Path, name);
                Files++;
                _observed.Add(new Observation
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

    /// <summary>Takes a directory found on the disk into the tree: watch first, list after.</summary>
    /// <returns>False: a disk is mounted there, and its turn has not come; open until then, it could not be unmounted.</returns>
    private bool Enter(DirectoryNode parent, IDirectory parentOpen, byte[] name, bool recursive, bool inTurn, Frame? listed)
    {
        var known = parent.Child(name);
        double share = listed?.ShareOfEach ?? 0;
        var error = parentOpen.Open(name, out var open);
        if (error != 0)
        {
            if (error.MeansAbsent())
            {
                if (known is not null)
                {
                    Gone(known);
                    if (listed is not null)
                        NoteChange(parent);
                }

                return true;
            }

            Blind(parent, name, Trouble.Of(error));
            return true;
        }

        if (!inTurn && open!.Facts.IsMountRoot)
        {
            open.Dispose();
            return false;
        }

        if (BeyondPaths(parent, name) is { } beyond)
        {
            open!.Dispose();
            Blind(parent, name, beyond);
            return true;
        }

        var identity = (open!.Facts.Device, open.Facts.Inode);
        if (events.LibraryAt(identity) is { Root: { } root } inner)
        {
            open.Dispose();
            Blind(parent, name, BoundTwice(root, parent.Library));
            if (inner != parent.Library)
                events.RootIsInside(inner, parent, name);
            return true;
        }

        if (known is not null && known.Identity == identity && !recursive && !known.IsOpaque
            && (known.Watch != DirectoryNode.NoWatch || known.IsPolled) && IsMountKnown(known, open))
        {
            open.Dispose();
            return true;
        }

        if (AwayDisk(parent, name, open, out var mount) is { } away)
        {
            open.Dispose();
            if (known is { IsOpaque: true } && known.Identity == identity && known.Trouble == away)
                return true;
            if (known is not null)
                tree.Drop(known);
            known = NewNode(parent, name, identity);
            known.IsOpaque = true;
            events.Trouble(known, away);
            return true;
        }

        if (known is not null && known.Identity != identity)
        {
            Gone(known);
            known = null;
        }

        int watch = DirectoryNode.NoWatch;
        bool polled = parent.IsPolled || (open.Facts.IsMountRoot && !open.TellsEvents);
        error = polled ? 0 : open.AddWatch(out watch);
        if (!polled && error == 0 && tree.ByWatch(watch) is { } watched && watched != known)
        {
            if (IsElsewhereToo(watched, parent, name))
            {
                open.Dispose();
                // In place of the directory that it is mounted over, which is not there now.
                Blind(known ?? NewNode(parent, name, identity), BoundTwice(watched, parent.Library));
                return true;
            }

            Know(parent.Library, mount);
            if (watched.Library == parent.Library)
            {
                // Renamed: the directory brings along all below it, but not what was wrong at its old place.
                if (watched is { Trouble: not null, Parent: { } left })
                    events.LookAgain(left, watched.Name);
                Extent(watched);
                if (known is not null)
                    tree.Drop(known);
                _moved.Enqueue(new MovedDirectory(watched, watched.Path()));
                watched.MoveTo(parent, name);
                HasMoved = true;
                // Missed at its old place before, maybe: here it is.
                _gone.RemoveAll(gone => gone == watched);
                Push(watched, open, recursive: true, share);
                return true;
            }
        }

        Know(parent.Library, mount);
        var node = known ?? NewNode(parent, name, identity);
        node.Identity = identity;
        node.IsPolled = polled;
        if (!polled)
            Settle(node, error, watch);
        else if (!parent.IsPolled)
            events.Polled(node);
        Push(node, open, recursive: true, share);
        return true;
    }

    // Another disk may have the same device and number; its parent says which it is.
    private bool IsMountKnown(DirectoryNode node, IDirectory open)
    {
        if (!open.Facts.IsMountRoot || node.Parent is null)
            return true;
        if (AwayDisk(node.Parent, node.Name, open, out var mount) is not null)
            return false;
        Know(node.Library, mount);
        return true;
    }

    // The file systems mounted inside a library are known, so that their absence is not taken for deletion.
    private Trouble? AwayDisk(DirectoryNode parent, byte[] name, IDirectory open, out Mounted mount)
    {
        mount = default;
        var library = parent.Library;
        byte[] path = [.. parent.Path(), .. name, (byte)'/'];
        bool isKnown = library.Mounts.TryGetValue(path, out var mounted);
        bool isMounted = open.Facts.IsMountRoot;
        if (!isKnown && !isMounted)
            return null;
        bool isSame = KnownRoot.Is(isKnown ? mounted : null, open, out var root);
        if (isKnown && isMounted && isSame && mounted == root)
            return null;

        mount = new Mounted(path, isMounted ? root : null);
        // Before the first comparison the entries are what the catalog had of them, which knows no disks: the one that is
        // found is theirs.
        if ((isKnown && isMounted && isSame) || !(isKnown || library.DiskComparedAt is not null) || !IsRecordedBelow(library, path))
            return null;
        return isKnown
            ? new Trouble("the disk that was mounted here is not", "nothing below is deleted, and it goes on by itself when the disk is back")
            : new Trouble("a disk was mounted over this directory", "nothing below is deleted, and it goes on by itself when the disk is gone");
    }

    private void Know(WatchedLibrary library, Mounted mount)
    {
        if (mount.Path is null)
            return;
        if (mount.Root is { } root)
            library.Mounts[mount.Path] = root;
        else
            library.Mounts.Remove(mount.Path);
        state.Transact(() => state.SaveMounts(library));
    }

    // One directory at two paths (a bind mount): the first keeps it.
    private bool IsElsewhereToo(DirectoryNode watched, DirectoryNode parent, byte[] name)
    {
        for (var above = parent; above is not null; above = above.Parent)
        {
            if (above == watched)
                return true;
        }

        if (!watched.IsAttached || (watched.Parent == parent && watched.Name.AsSpan().SequenceEqual(name)))
            return false;
        var error = tree.Open(watched, out var open);
        open?.Dispose();
        return error == 0 && (watched.Parent is null || new Spelling(tree).IsThere(watched.Library, watched.Path()));
    }

    // Nobody could be told of what is in it.
    private static Trouble? BeyondPaths(DirectoryNode parent, byte[] name)
    {
        // That of its longest file, in bytes that each may have to be written as three characters.
        const int longestName = 255;
        int components = 2, bytes = name.Length + 1 + longestName;
        for (var node = parent; node.Parent is not null; node = node.Parent)
        {
            components++;
            bytes += node.Name.Length + 1;
        }

        if (components <= PhotoPath.MostComponents && (bytes * 3 <= PhotoPath.LongestPath
            || Encoding.UTF8.GetByteCount(PhotoPath.Encode([.. parent.Path(), .. name])) + (longestName * 3) < PhotoPath.LongestPath))
            return null;
        return new Trouble(
            $"it is further below than paths may lead ({PhotoPath.MostComponents} names, {PhotoPath.LongestPath} bytes)", "move it up, or give the directories above it shorter names");
    }

    private static Trouble BoundTwice(DirectoryNode first, WatchedLibrary library)
    {
        string path = first.Parent is null ? "the root" : NameComparer.Display(first.Path().AsSpan()[..^1]);
        return new Trouble(
            $"it is the same directory as {path}{(first.Library == library ? "" : $" of the library {first.Library.Id}")}, which is watched there",
            "unmount it here (umount), or exclude it");
    }

    private static DirectoryNode NewNode(DirectoryNode parent, byte[] name, (ulong, ulong) identity)
    {
        var node = new DirectoryNode(parent.Library, parent, name) { Identity = identity };
        parent.Attach(node);
        parent.Library.Directories++;
        return node;
    }

    private bool Polls(DirectoryNode node, IDirectory open)
    {
        if (node.Parent is null && !node.IsPolled && node.Library.Polls(open.TellsEvents))
        {
            node.IsPolled = true;
            events.Polled(node);
        }

        return node.IsPolled;
    }

    private void Watch(DirectoryNode node, IDirectory open)
    {
        var error = open.AddWatch(out int watch);
        Settle(node, error, watch);
    }

    private void Settle(DirectoryNode node, Errno error, int watch)
    {
        if (error.MeansAbsent() && IsRemoved(node))
        {
            events.CompareAgain(node, recursive: true);
            return;
        }

        if (error != 0)
        {
            events.Trouble(node, Trouble.Of(error));
            return;
        }

        // The directory was another node until now. Should it come back there, and this node go, nobody would tell of it.
        if (tree.SetWatch(node, watch) is { IsAttached: true } before)
            events.CompareAgain(before, recursive: false);
        node.Trouble = null;
    }

    // Since it was opened.
    private bool IsRemoved(DirectoryNode node)
    {
        var error = tree.Open(node, out var open);
        open?.Dispose();
        return error.MeansAbsent();
    }

    private void Gone(DirectoryNode node)
    {
        Extent(node);
        _gone.Add(node);
    }

    // Whatever is recorded below must show itself elsewhere, or is deleted in the end.
    private void Extent(DirectoryNode node) => _extents.Add(new ObservedDirectory(node.Library, node.Path()));

    private void Compare(Frame frame)
    {
        var node = frame.Node;
        var directory = new ObservedDirectory(node.Library, node.Path()) { Node = node };
        var ahead = frame.Ahead?.IsCurrent(directory.Path) == true ? frame.Ahead : null;
        // Whoever lists an open directory while another does gets a part of it.
        if (ahead is null)
            GiveBack(frame);
        else
            ahead.Wait();
        node.Touch();
        var listing = ahead?.Listing ?? _listing;
        var error = ahead?.Error ?? frame.Open.List(listing);
        if (error != 0)
        {
            // What was listed is not all there is: nothing is missing for that.
            node.IsOpaque = true;
            events.Trouble(node, Trouble.Of(error));
            if (error.MeansAbsent())
                NoteChange(node);
            _done += frame.Share;
            End(frame);
            return;
        }

        node.IsOpaque = false;
        if (node.IsPolled || node.Watch != DirectoryNode.NoWatch)
            node.Trouble = null;

        if (ahead is null)
            listing.Sort();
        var recorded = Recorded(directory);
        node.SeesAll();
        _seen.Clear();
        int next = 0;
        bool known = true;
        // Of what was read ahead, too.
        bool isDistrusted = false;
        for (int i = 0; i < listing.Count; i++)
        {
            var name = listing.Name(i);
            var facts = ahead is not null && ahead.TryGet(i, out var looked, out var seen)
                ? Looked(frame, directory, name, listing.Kind(i), looked, seen, out error)
                : Look(frame, directory, name, listing.Kind(i), out error);
            for (; next < recorded.Count && recorded[next].Key.Name.AsSpan().SequenceCompareTo(name) < 0; next++)
                Missing(directory, recorded[next]);
            bool isRecorded = next < recorded.Count && recorded[next].Key.Name.AsSpan().SequenceEqual(name);
            if (error != 0)
                NotSeen(node, directory, name, listing.Kind(i), isRecorded, error);
            else if (facts is { } file && (!isRecorded || !recorded[next].Matches(file) || recorded[next].IsMissing))
            {
                if (isRecorded && recorded[next].ShowsMadeUpNumber(file))
                {
                    Distrust(frame);
                    isDistrusted = true;
                }

                if (isDistrusted)
                    file = file with { IsNumberMadeUp = true };

                _observed.Add(new Observation
                {
                    Directory = directory, Name = name.ToArray(), OnDisk = file,
                    Recorded = isRecorded ? recorded[next] : null, IsRecordedKnown = known,
                });
            }
            else if (facts is null && isRecorded)
            {
                Missing(directory, recorded[next]);
                if (listing.Kind(i) is FileKind.File or FileKind.Unknown && node.Library.Filter.IncludesFile(directory.Path, name))
                    NoteChange(node);
            }

            if (isRecorded)
                next++;
            if (_observed.Count >= StepSize)
            {
                RecordStep();
                // A plan may have moved away what was read before it.
                known = false;
            }
        }

        GiveBack(frame);
        for (; next < recorded.Count; next++)
            Missing(directory, recorded[next]);
        foreach (var child in node.Children)
        {
            if (!_seen.Contains(child.Name))
                Gone(child);
        }

        int parts = frame.Directories.Count + (listing.Count > frame.Directories.Count ? 1 : 0);
        frame.ShareOfEach = parts == 0 ? 0 : frame.Share / parts;
        _done += frame.Share - (frame.ShareOfEach * frame.Directories.Count);
        if (frame.Directories.Count > 0)
            _listed.Push(frame);
        else
            Leave(frame);
    }

    // What was seen so far of that file system was seen with numbers that mean nothing; what was recorded by them is compared again.
    private void Distrust(Frame frame)
    {
        ulong device = frame.Node.Identity.Device;
        frame.Open.DistrustNumbers();
        for (int i = 0; i < _observed.Count; i++)
        {
            if (_observed[i].OnDisk is { } file && file.Device == device)
                _observed[i] = _observed[i] with { OnDisk = file with { IsNumberMadeUp = true } };
        }

        events.NumbersDoNotLast(frame.Node);
    }

    // What is recorded below a directory that moved goes along, and is told of as it was: what of it has changed meanwhile is
    // found when that is compared with the disk, while others are busy with the move. All of it before anything else is done:
    // whoever looks meanwhile would miss it at the old place.
    private void BringAlong()
    {
        var moved = new Queue<MovedDirectory>();
        foreach (var one in _moved.Where(one => one.Node.IsAttached))
        {
            if (HasLeft(one.Node, one.Before, out bool wasThere))
                moved.Enqueue(one);
            // It went back, and may have left again since. Where it is in the end, what is in it is looked at once this has ended.
            if (wasThere)
                events.CompareAgain(one.Node, recursive: true);
        }

        _moved.Clear();
        while (moved.Count > 0)
        {
            int told = 0;
            state.Transact(() => told = planner.Bring(moved));
            if (told > 0)
                events.Recorded(this);
        }
    }

    private bool HasLeft(DirectoryNode moved, byte[] path, out bool wasThere)
    {
        wasThere = false;
        if (DirectoryTree.Find(moved.Library, path) is not null)
            return false;
        var error = tree.Open(moved.Library, path, out var open);
        using (open)
        {
            if (error.MeansAbsent())
                return true;
            if (error != 0 || !moved.Is(open!))
                return false;
        }

        // The same directory by its name before: in another spelling, if the listing has that no more.
        wasThere = true;
        return !new Spelling(tree).IsThere(moved.Library, path);
    }

    private void Missing(ObservedDirectory directory, Entry entry)
    {
        if (!entry.IsMissing)
            _observed.Add(new Observation { Directory = directory, Name = entry.Key.Name, OnDisk = null });
    }

    private List<Entry> Recorded(ObservedDirectory directory)
    {
        lock (state.Gate)
        {
            directory.MarkRead(state);
            return directory.Row(state) is { } row ? [.. state.EntriesOf(row)] : [];
        }
    }

    // A directory is put on the frame's list; a file of interest is looked at.
    private FileFacts? Look(Frame frame, ObservedDirectory directory, ReadOnlySpan<byte> name, FileKind kind, out Errno unknown)
    {
        unknown = 0;
        var filter = directory.Library.Filter;
        if (kind == FileKind.Other
            || (kind == FileKind.File && !filter.IncludesFile(directory.Path, name))
            || (kind == FileKind.Directory && !filter.IncludesDirectory(directory.Path, name)))
            return null;

        if (kind != FileKind.Directory)
            return Looked(frame, directory, name, kind, frame.Open.Look(name, out var facts), facts, out unknown);
        ToEnter(frame, name);
        return null;
    }

    private FileFacts? Looked(
        Frame frame, ObservedDirectory directory, ReadOnlySpan<byte> name, FileKind kind, Errno error, in FileFacts facts, out Errno unknown)
    {
        Files++;
        unknown = error.MeansAbsent() ? 0 : error;
        if (error != 0)
            return null;
        var filter = directory.Library.Filter;
        if (facts.Kind == FileKind.File)
            return kind == FileKind.File || filter.IncludesFile(directory.Path, name) ? facts : null;
        if (facts.Kind == FileKind.Directory && filter.IncludesDirectory(directory.Path, name))
            ToEnter(frame, name);
        return null;
    }

    // It may be a directory: what is recorded below is not missing then.
    private void NotSeen(
        DirectoryNode node, ObservedDirectory directory, ReadOnlySpan<byte> name, FileKind kind, bool isRecorded, Errno error)
    {
        var filter = directory.Library.Filter;
        bool mayBeDirectory = kind != FileKind.File && filter.IncludesDirectory(directory.Path, name);
        if (mayBeDirectory && !isRecorded && (node.Child(name) is not null || IsRecordedBelow(directory.Library, [.. directory.Path, .. name, (byte)'/'])))
        {
            var child = name.ToArray();
            _seen.Add(child);
            Blind(node, child, Trouble.Of(error));
        }
        else if (mayBeDirectory || filter.IncludesFile(directory.Path, name))
        {
            events.NameNotSeen(node, name, error);
        }
    }

    private bool IsRecordedBelow(WatchedLibrary library, byte[] path)
    {
        lock (state.Gate)
            return state.AnyEntryBelow(library, path);
    }

    private void Blind(DirectoryNode parent, byte[] name, Trouble trouble) => Blind(parent.Child(name) ?? NewNode(parent, name, default), trouble);

    private void Blind(DirectoryNode node, Trouble trouble)
    {
        node.IsOpaque = true;
        events.Trouble(node, trouble);
    }

    private void ToEnter(Frame frame, ReadOnlySpan<byte> name)
    {
        var child = name.ToArray();
        _seen.Add(child);
        frame.Directories.Enqueue(child);
    }

    private void NoteChange(DirectoryNode node)
    {
        if (!node.IsUnwatched)
            return;
        while (node.Parent is { IsUnwatched: true } parent && parent.Identity.Device == node.Identity.Device)
            node = parent;
        _changing.Add(node);
    }

    // A look takes its time. Of a disk that is emptied meanwhile it would miss only what it had not come to yet: half of it would
    // be deleted, and no question asked. Where events are told, these tell of it.
    private bool BeginAgain()
    {
        var missedIn = _missing.Concat(_observed).Where(one => one.OnDisk is null).Select(one => one.Directory.Node);
        foreach (var node in _gone.Select(gone => gone.Parent).Concat(missedIn).Distinct())
        {
            if (node is not { IsUnwatched: true, IsAttached: true })
                continue;
            var error = tree.Open(node, out var open);
            open?.Dispose();
            if (error.MeansAbsent())
                NoteChange(node);
        }

        var again = _changing.Where(node => node.IsAttached && _comparedAgain.Add(node)).ToList();
        _changing.Clear();
        if (again.Count == 0)
            return false;
        RecordStep();
        foreach (var node in again)
            _directories.Enqueue((node, Recursive: true));
        return true;
    }

    // What was compared again is missed once: where the tree has its directory still, if it does.
    private List<Observation> Once(List<Observation> missing) => _comparedAgain.Count == 0
        ? missing
        : [.. missing.OrderByDescending(one => one.Directory.IsCurrent).GroupBy(one => one.Directory.Library)
            .SelectMany(group => group.DistinctBy(one => (byte[])[.. one.Directory.Path, .. one.Name], NameComparer.Instance))];

    private bool Finish()
    {
        if (BeginAgain())
            return false;
        var spelling = new Spelling(tree);
        foreach (var node in _gone)
        {
            // Back after a moment: what was to be looked at in it has not been, wherever it came from.
            if (node.IsAttached && IsThere(node, spelling))
                events.CompareAgain(node, recursive: true);
            else
                tree.Drop(node);
        }

        _gone.Clear();
        foreach (var (node, parent, name, recursive) in _unseen)
        {
            // It was away for a moment and came back: what was to be looked at in it has not been. Moved, it was listed.
            if (node.IsAttached && node.Parent == parent && node.Name == name)
                events.CompareAgain(node, recursive);
        }

        _unseen.Clear();
        bool moved = _manySteps && LookAgainAtMissing();

        // First all sees what has only moved: what is missing then is missing indeed.
        Record(final: false, removed: []);
        if (_missing.Any(one => one.OnDisk is not null) && MustWait(moved))
            return false;
        if (Whole is null && _emptied.Count == 0 && events.StillMoving(this) is { } other)
        {
            // What is missing here may be in a directory that has moved and has not been looked at yet, or be seen by the other.
            other.TakeOver(this);
            return true;
        }

        // All that has appeared is known: of files that are the same by all that lasts, those that only moved can be told.
        if (_missing.Exists(one => one.OnDisk is { IsNumberMadeUp: true }))
        {
            _observed.AddRange(_missing);
            _missing = [];
            Record(final: false, removed: [], isAll: true);
        }

        _observed.AddRange(_missing);
        _missing = [];
        var removed = AddVanished();
        _observed = Once(_observed);
        Spare(removed);
        Record(final: true, removed);
        _observed.Clear();
        return true;
    }

    // What is not to be deleted. Files that took another's place are told of all the same.
    private void Spare(List<ObservedDirectory> removed)
    {
        var judged = MissedEntries.Of(_observed.Where(IsMissed), Whole, _disks, IsUnwitnessed);
        if (judged.Count == 0)
            return;
        foreach (var missed in judged.Values)
            events.Judge(missed);

        Verdict Of(ObservedDirectory directory) => judged.TryGetValue(directory.Library, out var missed) ? missed.Of(directory) : Verdict.Delete;
        if (_observed.Where(one => one.OnDisk is null && Of(one.Directory) == Verdict.Keep).ToList() is { Count: > 0 } kept)
            state.Transact(() => planner.Keep(kept));
        _observed.RemoveAll(one => one.OnDisk is null && Of(one.Directory) != Verdict.Delete);
        removed.RemoveAll(directory => judged.TryGetValue(directory.Library, out var missed) && !missed.MayRemove(directory));
    }

    private void TakeOver(Comparison ended)
    {
        _extents.AddRange(ended._extents);
        _missing.AddRange(ended._missing);
        ended._missing = [];
        _disks.AddRange(ended._disks);
        IsUnwitnessed |= ended.IsUnwitnessed;
        _manySteps = true;
    }

    // A file took another's place, or was seen at two. The disk is ahead of its hints: that another has moved, and where to, may
    // be among those that the next turn brings. Else it would lose its photo id to the newcomer.
    private bool MustWait(bool moved)
    {
        long moves = events.Moves;
        bool first = _waitsSince is null;
        moved |= first || moves != _moves;
        _moves = moves;
        _waitsSince ??= time.GetTimestamp();
        _manySteps = true;
        return moved && (first || time.GetElapsedTime(_waitsSince.Value) < events.MoveWindow);
    }

    // What its library's settings exclude now is not missed.
    private static bool IsMissed(Observation one) =>
        one.OnDisk is null && one.Directory.Library.Filter.Includes(one.Directory.Path, one.Name);

    /// <summary>
    /// Adds what is recorded in directories that are gone; returns these, topmost ones only, as far as all below is gone.
    /// </summary>
    private List<ObservedDirectory> AddVanished()
    {
        var removed = new List<ObservedDirectory>();
        var kept = new HashSet<ObservedDirectory>();
        foreach (var vanished in Vanished())
        {
            if (vanished.Path.Length > 0 && (removed.Count == 0 || !removed[^1].Covers(vanished)))
                removed.Add(Topmost(vanished));
            lock (state.Gate)
            {
                foreach (var entry in state.EntriesOf(vanished.Row(state)!.Value))
                {
                    Missing(vanished, entry);
                    if (entry.IsMissing)
                        kept.Add(vanished);
                }
            }
        }

        // Nor what is on a disk that is away.
        lock (state.Gate)
        {
            removed.RemoveAll(directory => kept.Any(directory.Covers) || directory.Library.Mounts.Keys.Any(mount =>
                mount.AsSpan().StartsWith(directory.Path) && state.AnyEntryBelow(directory.Library, mount)));
        }

        return removed;
    }

    private bool IsThere(DirectoryNode node, Spelling spelling)
    {
        var parent = node.Parent!;
        if (!node.Library.Filter.IncludesDirectory(parent.Path(), node.Name))
            return false;
        var error = tree.Open(parent, out var above);
        using (above)
        {
            // Where that has gone, its own parent tells: it takes along what is in it.
            if (error.MeansAbsent())
                return true;
            if (error == 0)
            {
                error = above!.Open(node.Name, out var open);
                open?.Dispose();
                if (error.MeansAbsent() || (error == 0 && !spelling.IsThere(node.Library, node.Path())))
                    return false;
            }
        }

        if (error != 0)
            events.NameNotSeen(parent, node.Name, error);
        return true;
    }

    // Time has passed since they were found missing. True: another file is at one of the places now, or none.
    private bool LookAgainAtMissing()
    {
        bool moved = false;
        var missing = Once([.. _missing, .. _observed.Where(one => one.OnDisk is null)]);
        _observed.RemoveAll(one => one.OnDisk is null);
        _missing = [];
        var spelling = new Spelling(tree);
        foreach (var group in missing.GroupBy(one => one.Directory))
        {
            var directory = new ObservedDirectory(group.Key.Library, group.Key.Path)
            {
                Node = group.Key.Node ?? DirectoryTree.Find(group.Key.Library, group.Key.Path),
            };
            var error = tree.Open(directory.Library, directory.Path, out var open);
            using (open)
            {
                if (directory.Node is { IsAttached: true } moving
                    && (error.MeansAbsent() || (error == 0 && !moving.Is(open!))))
                {
                    // Where it has gone, if it has, its parent tells; that it is away for a moment says nothing of what is in it.
                    events.CompareAgain(moving, recursive: false);
                    continue;
                }

                foreach (var one in group)
                {
                    FileFacts facts = default;
                    var looked = error == 0 ? open!.Look(one.Name, out facts) : error;
                    if (looked != 0 && !looked.MeansAbsent())
                    {
                        if (directory.Node is { } node)
                            events.NameNotSeen(node, one.Name, looked);
                        continue;
                    }

                    bool isEntry = looked == 0 && facts.Kind == FileKind.File
                        && directory.Library.Filter.IncludesFile(directory.Path, one.Name);
                    if (isEntry && one.OnDisk is null && !spelling.IsThere(directory.Library, directory.Path, one.Name))
                    {
                        if (spelling.IsAway(directory.Node))
                            continue;
                        isEntry = false;
                    }

                    moved |= (isEntry ? facts.Identity : null) != one.OnDisk?.Identity;
                    (isEntry ? _observed : _missing).Add(one with
                    {
                        Directory = directory, OnDisk = isEntry ? facts : null, Recorded = null, IsRecordedKnown = false,
                        Live = one.Live is null ? null : directory.Node,
                    });
                }
            }
        }

        spelling.CompareAway(events);
        return moved;
    }

    // Directories recorded within what was compared that the tree does not have any more.
    private List<ObservedDirectory> Vanished()
    {
        var vanished = new List<ObservedDirectory>();
        var seen = new HashSet<long>();
        lock (state.Gate)
        {
            foreach (var extent in _extents.Concat(_emptied.Select(library => new ObservedDirectory(library, []))))
            {
                bool emptied = _emptied.Contains(extent.Library);
                // The root went away and came back meanwhile: the tree is a new one, and what is missing in it says nothing yet.
                if (!emptied && extent.Root != extent.Library.Root)
                    continue;
                foreach (var row in state.DirectoriesBelow(extent.Library, extent.Path))
                {
                    bool isGone = emptied
                        ? !extent.Library.Mounts.Keys.Any(mount => row.Path.AsSpan().StartsWith(mount))
                        : DirectoryTree.IsGone(extent.Library, row.Path);
                    if (isGone && seen.Add(row.Row))
                        vanished.Add(new ObservedDirectory(extent.Library, row.Path));
                }
            }
        }

        vanished.Sort((left, right) => left.Path.AsSpan().SequenceCompareTo(right.Path));
        return vanished;
    }

    private static ObservedDirectory Topmost(ObservedDirectory vanished)
    {
        for (int end = vanished.Path.AsSpan().IndexOf((byte)'/') + 1; end < vanished.Path.Length;
             end += vanished.Path.AsSpan(end).IndexOf((byte)'/') + 1)
        {
            if (vanished.Library.Root is null || DirectoryTree.IsGone(vanished.Library, vanished.Path.AsSpan(0, end)))
                return new ObservedDirectory(vanished.Library, vanished.Path[..end]);
        }

        return vanished;
    }

    private void RecordStep()
    {
        _manySteps = true;
        Record(final: false, removed: []);
    }

    private void Record(bool final, List<ObservedDirectory> removed, bool isAll = false)
    {
        DropOutdated();
        if (_observed.Count > 0 || removed.Count > 0)
        {
            state.Transact(() =>
            {
                _missing.AddRange(planner.Record(_observed, libraryByRow, final, removed, events, isAll));
                foreach (var directory in removed)
                {
                    foreach (var row in state.DirectoriesBelow(directory.Library, directory.Path))
                        state.RemoveDirectory(row.Row);
                }
            });
            events.Recorded(this);
        }

        _observed.Clear();
    }

    // A directory was moved or taken away since it was looked into: whoever found that out has looked at its new place, and
    // sees to what is recorded at the old one. Recorded now, nobody would ever come for it.
    private void DropOutdated()
    {
        ObservedDirectory? last = null;
        bool isCurrent = false;
        _observed.RemoveAll(one =>
        {
            if (one.Directory != last)
                (last, isCurrent) = (one.Directory, one.Directory.IsCurrent);
            return !isCurrent;
        });
    }

    /// <summary>What is to be known of the file system that is mounted at a directory.</summary>
    /// <param name="Path">Null: nothing new is.</param>
    /// <param name="Root">Null: none is mounted there any more.</param>
    private readonly record struct Mounted(byte[]? Path, FileIdentity? Root);

    private sealed class Frame(DirectoryNode node, IDirectory open, bool recursive)
    {
        public DirectoryNode Node { get; } = node;
        public IDirectory Open { get; } = open;
        public bool Recursive { get; } = recursive;

        /// <summary>Directories to go into.</summary>
        public Queue<byte[]> Directories { get; } = new();

        /// <summary>Of the whole.</summary>
        public double Share { get; init; }

        /// <summary>That of each of its directories.</summary>
        public double ShareOfEach { get; set; }

        /// <summary>Null: it is read when it is compared.</summary>
        public ReadAhead? Ahead { get; set; }
    }
}

internal enum Verdict
{
    /// <summary>They are gone.</summary>
    Delete,

    /// <summary>Nothing is done until a person decides.</summary>
    Hold,

    /// <summary>A person has decided: they stay, marked missing.</summary>
    Keep,
}

/// <summary>What a comparison meets that is not its own business.</summary>
internal interface IComparisonEvents
{
    /// <summary>How many hints have told so far that something moved.</summary>
    long Moves { get; }

    /// <summary>How long a file that moves is waited for.</summary>
    TimeSpan MoveWindow { get; }

    void RootIsGone(WatchedLibrary library);

    /// <summary>The library that is watched with this directory as its root; null: none is.</summary>
    WatchedLibrary? LibraryAt((ulong Device, ulong Inode) identity);

    /// <summary>The root of a library was found in a directory of another.</summary>
    void RootIsInside(WatchedLibrary inner, DirectoryNode parent, byte[] name);

    /// <summary>A file has another number than before: those of its directory's file system are made up.</summary>
    void NumbersDoNotLast(DirectoryNode node);

    /// <summary>A directory is not seen with all below, though it is there, or was.</summary>
    void Trouble(DirectoryNode node, Trouble trouble);

    /// <summary>A name in a directory could not be looked at, for no reason that means it is absent; it is tried again.</summary>
    void NameNotSeen(DirectoryNode node, ReadOnlySpan<byte> name, Errno error);

    /// <summary>Decides what becomes of entries of a library that were not found.</summary>
    void Judge(MissedEntries missed);

    /// <summary>A directory that nobody tells events of was taken into the tree.</summary>
    void Polled(DirectoryNode node);

    /// <summary>What is at a name is to be looked at in a moment.</summary>
    void LookAgain(DirectoryNode node, byte[] name);

    /// <summary>A file was rewritten too soon after it was told of.</summary>
    void LookLater(Observation observation, TimeSpan delay);

    /// <summary>A file was created, and is not told of before it is closed or nothing more is heard of it.</summary>
    void Unfinished(Observation observation);

    /// <summary>A directory was not where the tree has it when it was to be looked into, and is there after all.</summary>
    void CompareAgain(DirectoryNode node, bool recursive);

    /// <summary>
    /// Another comparison, of less than a whole library, that has met a directory that moved, has names to look at, or has waited as
    /// long for where files have gone, and has not ended.
    /// </summary>
    Comparison? StillMoving(Comparison but);

    /// <summary>A plan is in the state, and its messages in the outbox.</summary>
    void Recorded(Comparison comparison);
}
