using WatchPhoto.Contracts;

namespace WatchPhoto.Indexer.Catalog.Algebra;

/// <param name="Digest">Of the whole register (<see cref="RegisterDigest"/>).</param>
internal sealed record LivePhoto(Guid PhotoId, PhotoFile File, PhotoDescription? Description, uint Digest);
