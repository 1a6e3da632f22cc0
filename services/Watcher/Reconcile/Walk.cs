using WatchPhoto.Hosting;

namespace WatchPhoto.Watcher.Reconcile;

/// <summary>
/// The order in which directories are gone into and compared. At most 64 are gone into ahead of the one that is compared, at most 256
/// are open, and all that are gone into ahead are of one disk. A frame that has ended is closed.
/// </summary>
internal sealed class Walk(TaskScheduler readers)
{
    // Of as many albums as a step records.
    private const int MostAhead = 64;
    // Directories that may be open for going ahead: in a wide and deep tree those whose turn to be gone into comes later are many.
    private static readonly int MostOpen = Math.Min(256, OpenFiles.Share);

    // Directories gone into, to be compared in this order; and those compared, of which some are still to be gone into: the
    // topmost is next.
    private readonly Queue<Frame> _entered = new();
    private readonly Stack<Frame> _listed = new();
    private readonly Stack<ReadAhead> _idleReaders = new();
    private bool _goesNoFurther;
    private int _enteredBefore;

    /// <summary>A whole library is compared: directories are gone into, and read, ahead of the one that is compared.</summary>
    public bool GoesAhead { get; set; }

    /// <summary>The part of the whole that is compared, taking the directories of one directory for equals.</summary>
    public double Done { get; private set; }

    /// <summary>The compared directory of which the next one in it is to be gone into now; null: another is to be compared first.</summary>
    public Frame? ToGoOn => _listed.TryPeek(out var listed) && MayEnter(listed) ? listed : null;

    /// <summary>The next directory to compare; null: there is none.</summary>
    public Frame? TakeNext() => _entered.TryDequeue(out var frame) ? frame : null;

    public void Push(Frame frame)
    {
        _entered.Enqueue(frame);
        if (!GoesAhead)
            return;
        if (!ReadAhead.CanRead(frame.Node, frame.Open))
        {
            _goesNoFurther = true;
            return;
        }

        frame.Ahead = _idleReaders.TryPop(out var idle) ? idle : new ReadAhead();
        frame.Ahead.Begin(frame.Node, frame.Open, readers);
    }

    /// <summary>Before a directory in <see cref="ToGoOn"/> is gone into.</summary>
    /// <returns>Whether it is in turn, and not ahead of another.</returns>
    public bool BeginToEnter()
    {
        _enteredBefore = _entered.Count;
        if (_enteredBefore == 0)
            _goesNoFurther = false;
        return _enteredBefore == 0;
    }

    /// <param name="isDone">False: the turn of that directory has not come.</param>
    public void EndToEnter(Frame listed, bool isDone)
    {
        if (isDone)
        {
            listed.Directories.Dequeue();
            if (_entered.Count == _enteredBefore)
                Done += listed.ShareOfEach;
        }
        else
        {
            _goesNoFurther = true;
        }

        if (listed.Directories.Count == 0)
            Leave(_listed.Pop());
    }

    /// <summary>Ends the frame that is <see cref="ToGoOn"/>: the tree has its directory no more.</summary>
    public void Drop() => End(_listed.Pop());

    /// <summary>A frame is compared; what is to be gone into is in its queue.</summary>
    public void Listed(Frame frame, int names)
    {
        int parts = frame.Directories.Count + (names > frame.Directories.Count ? 1 : 0);
        frame.ShareOfEach = parts == 0 ? 0 : frame.Share / parts;
        Done += frame.Share - (frame.ShareOfEach * frame.Directories.Count);
        if (frame.Directories.Count > 0)
            _listed.Push(frame);
        else
            Leave(frame);
    }

    public void Unreadable(Frame frame)
    {
        Done += frame.Share;
        End(frame);
    }

    public void End(Frame frame)
    {
        GiveBack(frame);
        frame.Open.Dispose();
    }

    /// <summary>What was read ahead of a frame is of no use any more.</summary>
    public void GiveBack(Frame frame)
    {
        if (frame.Ahead is not { } ahead)
            return;
        ahead.Cancel();
        _idleReaders.Push(ahead);
        frame.Ahead = null;
    }

    public void Abandon()
    {
        foreach (var frame in _entered.Concat(_listed))
            End(frame);
        _entered.Clear();
        _listed.Clear();
    }

    // A scan goes into more than the next, so that those behind it are read while it is compared and recorded. But it is done
    // with one disk before it goes on with another, which could not be unmounted else.
    private bool MayEnter(Frame listed) =>
        !_entered.TryPeek(out var next)
        || (GoesAhead && !_goesNoFurther && _entered.Count < MostAhead && _entered.Count + _listed.Count < MostOpen
            && next.Node.Identity.Device == listed.Node.Identity.Device);

    private void Leave(Frame frame)
    {
        frame.Node.IsListed |= !frame.Node.IsOpaque;
        End(frame);
    }
}
