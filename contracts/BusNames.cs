namespace WatchPhoto.Contracts;

/// <summary>The fixed names on the bus: an exchange a message, a queue a reader.</summary>
public static class BusNames
{
    /// <summary>Exchange of <see cref="FileEvents"/>.</summary>
    public const string FileEventsExchange = "watchphoto.file-events";

    /// <summary>Exchange of <see cref="LibrariesAnnounced"/>.</summary>
    public const string LibrariesExchange = "watchphoto.libraries";

    /// <summary>Exchange of <see cref="WatcherReport"/>.</summary>
    public const string WatcherReportsExchange = "watchphoto.watcher-reports";

    /// <summary>Exchange of <see cref="LibraryActionRequested"/>.</summary>
    public const string LibraryActionsExchange = "watchphoto.library-actions";

    /// <summary>Exchange of <see cref="CatalogPartRequested"/>.</summary>
    public const string CatalogPartRequestsExchange = "watchphoto.catalog-part-requests";

    /// <summary>Exchange of <see cref="CatalogPart"/>.</summary>
    public const string CatalogPartsExchange = "watchphoto.catalog-parts";

    /// <summary>Exchange of <see cref="LibraryPreviewRequested"/>.</summary>
    public const string LibraryPreviewRequestsExchange = "watchphoto.library-preview-requests";

    /// <summary>Exchange of <see cref="LibraryPreviewed"/>.</summary>
    public const string LibraryPreviewsExchange = "watchphoto.library-previews";

    /// <summary>All indexers compete for <see cref="FileEvents"/> here.</summary>
    public const string IndexerQueue = "watchphoto.indexer";

    /// <summary>Where a <see cref="FileEvents"/> that is refused or keeps failing ends, with its reason.</summary>
    public const string IndexerErrorQueue = IndexerQueue + "_error";

    /// <summary>A stream that keeps every <see cref="FileEvents"/> for a while, and an exchange of its own before it.</summary>
    public const string HistoryStream = FileEventsExchange + "-history";

    /// <summary>All indexers compete for <see cref="WatcherReport"/> here.</summary>
    public const string WatcherReportsQueue = "watchphoto.indexer-reports";

    /// <summary>All indexers compete for <see cref="CatalogPartRequested"/> here.</summary>
    public const string CatalogPartRequestsQueue = "watchphoto.indexer-catalog-part-requests";

    /// <summary>Each watcher's own temporary queue of announcements starts so; the host's name and a random part follow.</summary>
    public const string WatcherQueuePrefix = "watchphoto.watcher.";

    /// <summary>The same for <see cref="LibraryActionRequested"/>.</summary>
    public const string WatcherActionsQueuePrefix = "watchphoto.watcher-actions.";

    /// <summary>The same for <see cref="CatalogPart"/>.</summary>
    public const string WatcherCatalogPartsQueuePrefix = "watchphoto.watcher-catalog-parts.";

    /// <summary>The same for <see cref="LibraryPreviewRequested"/>.</summary>
    public const string WatcherPreviewRequestsQueuePrefix = "watchphoto.watcher-preview-requests.";

    /// <summary>
    /// Each indexer's own temporary queue of <see cref="LibraryPreviewed"/>; the machine's name and a random part follow.
    /// </summary>
    public const string IndexerPreviewsQueuePrefix = "watchphoto.indexer-previews.";
}
