using System.Text.Json.Serialization;
using WatchPhoto.Contracts;

namespace WatchPhoto.Indexer.Replaying;

[JsonConverter(typeof(EnumNames<ReplayState>))]
public enum ReplayState
{
    [JsonStringEnumMemberName("replaying")] Replaying,
    [JsonStringEnumMemberName("done")] Done,
    [JsonStringEnumMemberName("failed")] Failed,
}
