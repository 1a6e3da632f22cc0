using System.Text.Json.Serialization;

namespace WatchPhoto.Contracts;

[JsonConverter(typeof(EnumNames<LibraryAction>))]
public enum LibraryAction
{
    /// <summary>Compare the whole library with its disk.</summary>
    [JsonStringEnumMemberName("compare")] Compare,

    /// <summary>Say what the catalog must hold, as soon as the library is quiet.</summary>
    [JsonStringEnumMemberName("prove")] Prove,

    /// <summary>Tell every entry again, with a fresh version.</summary>
    [JsonStringEnumMemberName("resync")] Resync,

    /// <summary>What is held is deleted indeed.</summary>
    [JsonStringEnumMemberName("acceptDeletions")] AcceptDeletions,

    /// <summary>What is held stays, marked missing.</summary>
    [JsonStringEnumMemberName("refuseDeletions")] RefuseDeletions,

    /// <summary>What is at the library's path now is the library.</summary>
    [JsonStringEnumMemberName("acceptRoot")] AcceptRoot,
}
