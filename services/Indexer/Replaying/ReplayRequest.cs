using System.ComponentModel;
using System.Text.Json.Serialization;

namespace WatchPhoto.Indexer.Replaying;

/// <summary>What of the history is to be applied again.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ReplayRequest
{
    [Description("When the first of the messages was published, ISO 8601; before the history begins: all of it.")]
    public DateTimeOffset? From { get; init; }

    [Description("When the last of them was; absent: now.")]
    public DateTimeOffset? To { get; init; }

    [Description("Only the messages of this library; absent: of all.")]
    public string? Library { get; init; }
}
