using System.Text.Json.Serialization;

namespace WatchPhoto.Contracts;

[JsonConverter(typeof(EnumNames<FileEventKind>))]
public enum FileEventKind
{
    /// <summary>An entry is there that was not.</summary>
    [JsonStringEnumMemberName("created")] Created,

    /// <summary>An entry's file has other content, times or identity than told before.</summary>
    [JsonStringEnumMemberName("changed")] Changed,

    /// <summary>An entry is gone.</summary>
    [JsonStringEnumMemberName("deleted")] Deleted,

    /// <summary>An entry is now at <see cref="FileEvent.Path"/> and no longer at <see cref="FileEvent.OldPath"/>.</summary>
    [JsonStringEnumMemberName("moved")] Moved,

    /// <summary>A directory is gone and every entry below it that is not told of at this version or later.</summary>
    [JsonStringEnumMemberName("directoryRemoved")] DirectoryRemoved,
}
