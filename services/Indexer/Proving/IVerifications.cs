namespace WatchPhoto.Indexer.Proving;

/// <summary>The verifications, kept in the catalog's database, by library.</summary>
public interface IVerifications
{
    Task<Verification?> FindAsync(string libraryId, CancellationToken cancellationToken);

    Task SaveAsync(Verification verification, CancellationToken cancellationToken);
}
