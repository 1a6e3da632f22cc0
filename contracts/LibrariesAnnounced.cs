namespace WatchPhoto.Contracts;

/// <summary>
/// All libraries of the catalog (indexer to every watcher), sent on every change and every few seconds. A library
/// that is absent is not thereby removed: removal is <see cref="Library.RemovedAt"/>.
/// </summary>
public sealed record LibrariesAnnounced : IMessage
{
    /// <summary>The catalog's own id, made with it.</summary>
    public required Guid CatalogId { get; init; }

    /// <summary>Grows with every change of the registry.</summary>
    public required long Revision { get; init; }

    public required IReadOnlyList<Library> Libraries { get; init; }

    /// <summary>Which watcher each host's name belongs to.</summary>
    public IReadOnlyList<HostLease> Hosts { get; init; } = [];

    /// <summary>By the indexer's clock; null: it does not say.</summary>
    public DateTimeOffset? SentAt { get; init; }

    /// <summary>Which indexer sent it: an id made at its start.</summary>
    public Guid? SentBy { get; init; }

    /// <summary>Of what is wrong with one library by itself (<see cref="Library.Problem"/>) the others have no harm.</summary>
    public string? Problem() =>
        MessageBounds.ProblemOfItems("libraries", Libraries, MessageBounds.MostLibraries, library => library.AnnouncedProblem())
        ?? MessageBounds.ProblemOfItems("hosts", Hosts, MessageBounds.MostLibraries, lease => MessageBounds.ProblemOfHost(lease.Host));
}
