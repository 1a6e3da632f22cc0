using System.Text.Json.Serialization;

namespace WatchPhoto.Contracts;

[JsonConverter(typeof(EnumNames<WatchMode>))]
public enum WatchMode
{
    /// <summary>By events where the file system tells them, else by polling.</summary>
    [JsonStringEnumMemberName("auto")] Auto,

    /// <summary>By events, whatever the file system.</summary>
    [JsonStringEnumMemberName("inotify")] Inotify,

    /// <summary>Compared again and again.</summary>
    [JsonStringEnumMemberName("poll")] Poll,
}
