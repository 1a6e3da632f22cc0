using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using WatchPhoto.Contracts;
using WatchPhoto.Hosting;
using WatchPhoto.Watcher.State;

namespace WatchPhoto.Watcher.Libraries;

/// <summary>
/// Two watchers under one host's name would both tell of its libraries. The catalog gives the name to one state. A watcher
/// with another one owns nothing: it waits whether the name comes to it, for the other may be gone, and ends when the other answers.
/// </summary>
internal sealed partial class Rivals(
    StateDatabase state, WatcherStatus status, IOptions<WatcherOptions> options, IHostApplicationLifetime lifetime, ILogger<Rivals> log)
{
    private readonly Lock _gate = new();
    private Guid? _seen;
    private bool _ends;

    public void See(IEnumerable<HostLease> leases)
    {
        if (leases.FirstOrDefault(lease => lease.Host == options.Value.Host) is not { } lease)
            return;
        lock (_gate)
        {
            if (lease.StateId == state.Id)
                Answer(lease);
            else if (lease.Refused == status.RunId)
                End();
            else
                Await(lease.StateId);
        }
    }

    private void Answer(HostLease lease)
    {
        if (lease.Rival is { } rival && rival != status.Rival)
            LogRefuses(lease.Host, rival);
        status.Rival = lease.Rival;
        _seen = null;
    }

    private void Await(Guid owner)
    {
        status.Rival = null;
        if (_seen != owner)
            LogWaits(options.Value.Host, owner);
        _seen = owner;
    }

    private void End()
    {
        if (_ends)
            return;
        _ends = true;
        LogEnds(options.Value.Host, options.Value.StateDirectory);
        lifetime.End();
    }

    [LoggerMessage(LogLevel.Warning, "Another watcher calls itself {Host}, too (its run is {Run}); it is told to end")]
    private partial void LogRefuses(string host, Guid run);

    [LoggerMessage(LogLevel.Warning, "The host's name {Host} belongs to a watcher with another state ({Owner}); watching nothing until that one has been silent for a while")]
    private partial void LogWaits(string host, Guid owner);

    [LoggerMessage(LogLevel.Critical, "Another watcher that calls itself {Host} is running, so this one, with the state in {StateDirectory}, ends: give it a name of its own (Watcher__Host), or end the other one first")]
    private partial void LogEnds(string host, string stateDirectory);
}
