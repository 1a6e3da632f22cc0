namespace WatchPhoto.Bus;

public enum QueueType
{
    /// <summary>Kept by a majority of the cluster's nodes.</summary>
    Quorum,

    /// <summary>Kept by one node.</summary>
    Classic,
}
