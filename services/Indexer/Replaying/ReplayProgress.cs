using System.ComponentModel;
using System.Text.Json.Serialization;
using WatchPhoto.Contracts;

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

/// <summary>How far a replay is.</summary>
public sealed record ReplayProgress
{
    public required ReplayState State { get; init; }

    [Description("How much of the stretch has been read, from 0 to 1.")]
    public required double Place { get; init; }

    [Description("Messages applied to the catalog, whether they changed anything or not.")]
    public required long Messages { get; init; }

    [Description("Events in them.")]
    public required long Events { get; init; }

    [Description("Messages of removed libraries, and of former owners.")]
    public required long Dropped { get; init; }

    [Description("Messages that cannot be applied.")]
    public required long Refused { get; init; }

    [Description("Why, or why the replay failed.")]
    public string? Problem { get; init; }
}

[JsonConverter(typeof(EnumNames<ReplayState>))]
public enum ReplayState
{
    [JsonStringEnumMemberName("replaying")] Replaying,
    [JsonStringEnumMemberName("done")] Done,
    [JsonStringEnumMemberName("failed")] Failed,
}

/// <summary>Counted by all who apply at the same time.</summary>
internal sealed class ReplayCounts
{
    private readonly Lock _gate = new();
    private double _place;
    private long _messages, _events, _dropped, _refused;
    private string? _refusal;

    public ReplayProgress Progress(ReplayState state)
    {
        lock (_gate)
        {
            return new()
            {
                State = state, Place = Math.Round(_place, 4), Messages = _messages, Events = _events, Dropped = _dropped, Refused = _refused,
                Problem = _refusal,
            };
        }
    }

    public void Read(double place)
    {
        lock (_gate)
            _place = Math.Max(_place, place);
    }

    public void Applied(int events)
    {
        lock (_gate)
            (_messages, _events) = (_messages + 1, _events + events);
    }

    public void Dropped()
    {
        lock (_gate)
            _dropped++;
    }

    public void Refused(string reason)
    {
        lock (_gate)
            (_refused, _refusal) = (_refused + 1, _refusal ?? reason);
    }
}
