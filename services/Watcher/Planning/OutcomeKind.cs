namespace WatchPhoto.Watcher.Planning;

/// <summary>What becomes of a path.</summary>
internal enum OutcomeKind
{
    /// <summary>It is as recorded, or of no concern to this plan.</summary>
    Unchanged,

    /// <summary>A file that was kept as missing is here.</summary>
    FoundAgain,

    /// <summary>A new file is being written: it is looked at when that is closed.</summary>
    Unfinished,

    /// <summary>It was rewritten too soon after it was told of, and is looked at again.</summary>
    TooSoon,

    /// <summary>Another file is here, and where the recorded one has gone is not known yet.</summary>
    Deferred,

    /// <summary>A file is here, and at another path, too; or which one it is, is not known yet.</summary>
    Ambiguous,

    /// <summary>A file that is not known is here, under a new id.</summary>
    Created,

    /// <summary>The recorded file has changed.</summary>
    Changed,

    /// <summary>Another file is here and goes on with the path's photo id.</summary>
    Inherited,

    /// <summary>A file is here that was recorded elsewhere, and brings its id along.</summary>
    Moved,

    /// <summary>A file is here that was gone, and has its id back.</summary>
    Returned,

    /// <summary>Nothing is here: the recorded file is at another path.</summary>
    Left,

    /// <summary>Nothing is here: the recorded file went on under another path's id, and its own ends.</summary>
    Spent,

    /// <summary>Nothing is here, but the file may turn up elsewhere, or is kept as missing.</summary>
    Absent,

    /// <summary>Nothing is here: the file is gone.</summary>
    Gone,
}
