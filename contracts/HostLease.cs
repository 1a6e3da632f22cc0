namespace WatchPhoto.Contracts;

/// <summary>A host's name belongs to one watcher, by its state, for as long as it reports.</summary>
/// <param name="Rival">The run of another watcher that reports under this name (<see cref="WatcherReport.RunId"/>).</param>
/// <param name="Refused">The run of a rival that the name's watcher has answered to: both live, so that one has to end.</param>
public sealed record HostLease(string Host, Guid StateId, Guid? Rival = null, Guid? Refused = null);
