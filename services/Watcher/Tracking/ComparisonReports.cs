using Microsoft.Extensions.Logging;
using Mono.Unix.Native;
using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Reconcile;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Tracking;

/// <summary>
/// What becomes of what comparisons meet that is not their own business: to each thing that is reported it says who takes care of it.
/// It begins nothing itself, for a comparison is in the middle of its step: all that follows is on an agenda, in a patrol or in doubt,
/// until the step has ended. Owned by the tracker's thread.
/// </summary>
/// <param name="recorded">Called when messages are in the outbox.</param>
internal sealed partial class ComparisonReports(
    Agenda agenda, Hints hints, RootGuard guard, Patrols patrols, RunningComparisons running, Holds holds,
    WatcherOptions options, TimeProvider time, Action recorded, ILogger log) : IComparisonEvents
{
    /// <inheritdoc cref="Tracker.ChangeRecorded"/>
    public Action<TimeSpan>? ChangeRecorded { get; set; }

    public long Moves => hints.Moves;

    public TimeSpan MoveWindow => options.MoveWindow;

    public void RootIsGone(WatchedLibrary library) => guard.Doubt(library);

    public WatchedLibrary? LibraryAt((ulong Device, ulong Inode) identity) => guard.LibraryAt(identity);

    public void RootIsInside(WatchedLibrary inner, DirectoryNode parent, byte[] name) => guard.FoundInside(inner, parent, name);

    public void NumbersDoNotLast(DirectoryNode node)
    {
        var top = node;
        while (top.Parent is { } parent && parent.Identity.Device == node.Identity.Device)
            top = parent;
        LogNumbersDoNotLast(top.Library.Id, NameComparer.Display(top.Path()));
        guard.Identify(top);
    }

    public void Trouble(DirectoryNode node, Trouble trouble)
    {
        if (node.Trouble != trouble)
            LogTrouble(node.Library.Id, NameComparer.Display(node.Path()), trouble);
        node.Trouble = trouble;
        patrols.Unseen.Add(node);
    }

    public void NameNotSeen(DirectoryNode node, ReadOnlySpan<byte> name, Errno error)
    {
        var trouble = Tree.Trouble.Of(error);
        if (patrols.Unseen.AddName(node, name, trouble))
            LogTrouble(node.Library.Id, NameComparer.Display([.. node.Path(), .. name]), trouble);
    }

    /// <summary>A plan could not look at a recorded name.</summary>
    /// <param name="name">Empty: nor at any other in the directory.</param>
    public void SourceNotSeen(ObservedDirectory directory, byte[] name, Errno error)
    {
        if (DirectoryTree.Find(directory.Library, directory.Path) is not { } node)
            return;
        if (name.Length > 0)
            NameNotSeen(node, name, error);
        else if (error == Errno.ESTALE)
            RootIsGone(directory.Library);
        else
            Trouble(node, Tree.Trouble.Of(error));
    }

    public void Judge(MissedEntries missed)
    {
        var library = missed.Library;
        long? held = library.Held;
        if (holds.Judge(missed))
            agenda.Compare(library);
        if (library.Held is { } missing && missing != held)
            LogHeld(library.Id, missing, library.Entries);
    }

    public void Polled(DirectoryNode node)
    {
        if (patrols.Polled.Add(node))
            LogPolled(node.Library.Id, NameComparer.Display(node.Path()));
    }

    public void LookAgain(DirectoryNode node, byte[] name) => agenda.LookLater(node, name, options.RewriteInterval);

    public void LookLater(Observation observation, TimeSpan delay) => agenda.LookLater(observation.Live!, observation.Name, delay);

    public void Unfinished(Observation observation)
    {
        if (observation.Live is { } directory)
            hints.Unfinished(directory, observation.Name);
    }

    public void CompareAgain(DirectoryNode node, bool recursive)
    {
        // Where no events are told it is looked into again anyway; now, beside the scan that has met it, it would be taken for gone
        // while the scan knows where it is.
        if (!node.IsUnwatched)
            agenda.Compare(node, recursive);
    }

    public Comparison? StillMoving(Comparison but) => running.StillMoving(but);

    public void Recorded(Comparison comparison)
    {
        if (comparison.HintedAt is { } hinted)
            ChangeRecorded?.Invoke(time.GetElapsedTime(hinted));
        comparison.HintedAt = null;
        recorded();
    }

    [LoggerMessage(LogLevel.Warning, "{Library}: {Directory}: {Trouble}")]
    private partial void LogTrouble(string library, string directory, Trouble trouble);

    [LoggerMessage(LogLevel.Warning,
        "{Library}: {Missing} of {Entries} entries are not on the disk; held until they are back or a person accepts or refuses "
        + "their deletion")]
    private partial void LogHeld(string library, long missing, long entries);

    [LoggerMessage(LogLevel.Warning,
        "{Library}: {Directory}: its file system makes up the inode numbers of files; from now on they are known by name, size and times")]
    private partial void LogNumbersDoNotLast(string library, string directory);

    [LoggerMessage(LogLevel.Information, "{Library}: {Directory}: its file system tells no events; polling")]
    private partial void LogPolled(string library, string directory);
}
