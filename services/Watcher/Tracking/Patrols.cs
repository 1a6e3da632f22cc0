using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Tracking;

/// <summary>
/// What is looked into again and again because no event tells of it. Each place is in a patrol for one reason, and leaves it by
/// itself when that does not hold any more; none stays of a library whose root is not watched. Owned by the tracker's thread.
/// </summary>
/// <param name="compare">Compares directories with all below; see <see cref="Patrol"/>.</param>
/// <param name="look">Looks again at the unseen names of directories.</param>
internal sealed class Patrols(
    WatcherOptions options, TimeProvider time,
    Func<IReadOnlyList<DirectoryNode>, Func<TimeSpan?>> compare, Func<IReadOnlyList<DirectoryNode>, Func<TimeSpan?>> look)
{
    /// <summary>What could not be watched, read or looked at when last tried.</summary>
    public UnseenPlaces Unseen { get; } = new(options.TroubleInterval, time, compare, look);

    /// <summary>Topmost directories of file systems that tell no events, or that are not to be asked for any.</summary>
    public Patrol Polled { get; } = new(options.PollInterval, time, stays: _ => true, compare);

    /// <summary>Roots of libraries of which too much was missing, and of which something was heard since.</summary>
    public Patrol Held { get; } = new(options.TroubleInterval, time, stays: root => root.Library.Held is not null, compare);

    /// <returns>How long until a patrol begins again; null: there is none, or all that there are have begun.</returns>
    public TimeSpan? Work() => new[] { Unseen.Work(), Polled.Work(), Held.Work() }.Min();

    /// <summary>The root of the library is not watched any more.</summary>
    public void Remove(WatchedLibrary library)
    {
        Unseen.Remove(library);
        Polled.Remove(library);
        Held.Remove(library);
    }
}
