using System.Text.Json.Serialization;

namespace WatchPhoto.Contracts;

/// <summary>What the file system says of an entry.</summary>
public sealed record PhotoFile
{
    /// <summary>Bytes.</summary>
    public required long Size { get; init; }

    public required FileTime ModifiedAt { get; init; }

    /// <summary>
    /// The same at two paths of one library: hard links of one file. 0: the file system's numbers do not last. Travels as a
    /// string, for readers that keep numbers in 53 bits; a number is read as well.
    /// </summary>
    [JsonNumberHandling(JsonNumberHandling.AllowReadingFromString | JsonNumberHandling.WriteAsString)]
    public required ulong Inode { get; init; }

    /// <summary>Absent where the file system keeps none.</summary>
    public FileTime? BirthTime { get; init; }
}
