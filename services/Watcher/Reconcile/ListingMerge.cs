using Mono.Unix.Native;
using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.State;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Reconcile;

/// <summary>
/// Compares what a directory lists with what is recorded in it: both are sorted, and merged. Looks at the files of interest, finds what is
/// missing, and puts the directories to go into on the frame.
/// </summary>
internal sealed class ListingMerge(
    StateDatabase state, Walk walk, TreeUpdate update, Suspects suspects, Recorder recorder, DiskChanges changes,
    IComparisonEvents events)
{
    private readonly HashSet<byte[]> _seen = new(NameComparer.Instance);
    private readonly DirectoryListing _listing = new();

    public void Compare(Frame frame)
    {
        var node = frame.Node;
        var directory = new ObservedDirectory(node.Library, node.Path()) { Node = node };
        var ahead = frame.Ahead?.IsCurrent(directory.Path) == true ? frame.Ahead : null;
        // Whoever lists an open directory while another does gets a part of it.
        if (ahead is null)
            walk.GiveBack(frame);
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
                changes.Note(node);
            walk.Unreadable(frame);
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
                recorder.Miss(directory, recorded[next]);
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

                recorder.Observed.Add(new Observation
                {
                    Directory = directory, Name = name.ToArray(), OnDisk = file,
                    Recorded = isRecorded ? recorded[next] : null, IsRecordedKnown = known,
                });
            }
            else if (facts is null && isRecorded)
            {
                recorder.Miss(directory, recorded[next]);
                if (listing.Kind(i) is FileKind.File or FileKind.Unknown && node.Library.Filter.IncludesFile(directory.Path, name))
                    changes.Note(node);
            }

            if (isRecorded)
                next++;
            if (recorder.IsFull)
            {
                recorder.RecordStep();
                // A plan may have moved away what was read before it.
                known = false;
            }
        }

        walk.GiveBack(frame);
        for (; next < recorded.Count; next++)
            recorder.Miss(directory, recorded[next]);
        foreach (var child in node.Children)
        {
            if (!_seen.Contains(child.Name))
                suspects.Gone(child);
        }

        walk.Listed(frame, listing.Count);
    }

    // What was seen so far of that file system was seen with numbers that mean nothing; what was recorded by them is compared again.
    private void Distrust(Frame frame)
    {
        ulong device = frame.Node.Identity.Device;
        frame.Open.DistrustNumbers();
        var observed = recorder.Observed;
        for (int i = 0; i < observed.Count; i++)
        {
            if (observed[i].OnDisk is { } file && file.Device == device)
                observed[i] = observed[i] with { OnDisk = file with { IsNumberMadeUp = true } };
        }

        events.NumbersDoNotLast(frame.Node);
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
        recorder.Files++;
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
        if (mayBeDirectory && !isRecorded
            && (node.Child(name) is not null || state.AnyEntryBelow(directory.Library, [.. directory.Path, .. name, (byte)'/'])))
        {
            var child = name.ToArray();
            _seen.Add(child);
            update.Blind(node, child, Trouble.Of(error));
        }
        else if (mayBeDirectory || filter.IncludesFile(directory.Path, name))
        {
            events.NameNotSeen(node, name, error);
        }
    }

    private void ToEnter(Frame frame, ReadOnlySpan<byte> name)
    {
        var child = name.ToArray();
        _seen.Add(child);
        frame.Directories.Enqueue(child);
    }
}
