namespace WatchPhoto.Indexer.Registry;

public enum RefusalKind
{
    /// <summary>The definition is wrong by itself.</summary>
    Invalid,

    /// <summary>There is no such library.</summary>
    Unknown,

    /// <summary>It does not go with what is registered.</summary>
    Conflict,
}
