namespace WatchPhoto.Watcher.Reconcile;

internal enum Verdict
{
    /// <summary>They are gone.</summary>
    Delete,

    /// <summary>Nothing is done until a person decides.</summary>
    Hold,

    /// <summary>A person has decided: they stay, marked missing.</summary>
    Keep,
}
