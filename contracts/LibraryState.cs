using System.Text.Json.Serialization;

namespace WatchPhoto.Contracts;

[JsonConverter(typeof(EnumNames<LibraryState>))]
public enum LibraryState
{
    /// <summary>Waiting for the catalog's picture of the library, the own state being lost.</summary>
    [JsonStringEnumMemberName("recovering")] Recovering,

    /// <summary>Comparing the disk with the state.</summary>
    [JsonStringEnumMemberName("scanning")] Scanning,

    /// <summary>Every change is seen as it happens.</summary>
    [JsonStringEnumMemberName("watching")] Watching,

    /// <summary>The file system tells no events: compared again and again.</summary>
    [JsonStringEnumMemberName("polling")] Polling,

    /// <summary>Part of the tree cannot be watched or read.</summary>
    [JsonStringEnumMemberName("degraded")] Degraded,

    /// <summary>A scan would delete so much that a person must decide.</summary>
    [JsonStringEnumMemberName("held")] Held,

    /// <summary>The root is not there, or not the one known.</summary>
    [JsonStringEnumMemberName("offline")] Offline,
}
