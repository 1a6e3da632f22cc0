namespace WatchPhoto.Indexer.Replaying;

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
