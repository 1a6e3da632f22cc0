namespace WatchPhoto.Watcher.Planning;

/// <summary>What becomes of a path, and of the photo that is recorded there.</summary>
/// <param name="Id">Of a file that is recorded with what is told of it.</param>
/// <param name="Other">
/// Of one that moved, where it was. Of a path that its file has left, where that is now; this may be ambiguous, too.
/// </param>
/// <param name="Displaces">The recorded file made room for another with an id of its own: its id waits for its return.</param>
/// <param name="Wait">After what time it is looked at again.</param>
internal readonly record struct Outcome(
    OutcomeKind Kind, Guid Id = default, PlannedPath? Other = null, bool Displaces = false, TimeSpan Wait = default)
{
    /// <summary>Whether the file that is at the path is recorded, and told of.</summary>
    public bool IsTold =>
        Kind is OutcomeKind.Created or OutcomeKind.Changed or OutcomeKind.Inherited or OutcomeKind.Moved or OutcomeKind.Returned;

    /// <summary>Whether the recorded file is here no more, nor any other.</summary>
    public bool IsRemoved =>
        Kind is OutcomeKind.Left or OutcomeKind.Spent or OutcomeKind.Gone || this is { Kind: OutcomeKind.Ambiguous, Other: not null };

    /// <summary>Whether what is remembered of the file is forgotten: it is back, or its id went on with another.</summary>
    public bool Forgets => Kind is OutcomeKind.Inherited or OutcomeKind.Returned;
}
