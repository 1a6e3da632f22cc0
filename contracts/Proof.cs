using System.Text.Json.Serialization;

namespace WatchPhoto.Contracts;

/// <summary>What the catalog must hold of a library: see <see cref="RegisterDigest"/>.</summary>
/// <param name="Version">The library's highest version.</param>
/// <param name="Count">Living entries.</param>
/// <param name="Digest">Sum of the entries' digests: above 53 bits from four million entries on, so it travels as a string; a number
/// is read as well.</param>
/// <param name="Floor">
/// After a resync: every living entry was told with a version above this one, so that what the catalog holds at or below it,
/// once the registers above match, is of no entry.
/// </param>
/// <param name="DiskComparedAt">When the whole disk was last compared with the entries.</param>
public sealed record Proof(
    long Version, long Count,
    [property: JsonNumberHandling(JsonNumberHandling.AllowReadingFromString | JsonNumberHandling.WriteAsString)] long Digest,
    long Floor = 0, DateTimeOffset? DiskComparedAt = null)
{
    /// <summary>What is wrong with the proof by itself, as the end of a sentence that starts with it; null: nothing.</summary>
    public string? Problem() =>
        Version is < 0 or >= MessageBounds.VersionLimit ? $"has the version {Version}; versions are microseconds since 1970"
        : Floor < 0 || Floor > Version ? $"has the floor {Floor}, which is not between 0 and its version {Version}"
        : Count < 0 ? $"has {Count} entries"
        // Each entry has 32 bits of it.
        : Digest < 0 || (Count < int.MaxValue && Digest > Count * uint.MaxValue) ? $"has a digest that {Count} entries cannot have"
        : null;
}
