using WatchPhoto.Contracts;

namespace WatchPhoto.Indexer.Registry;

/// <summary>
/// The last report of every host's watcher, kept in the catalog's database. The first watcher to report under a host's name
/// has it; another state's report is not kept, until the name's watcher has been silent for long enough.
/// </summary>
public interface IWatcherReports
{
    /// <summary>A report waits no longer than this on its way: one that was sent more than this before another did not.</summary>
    static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(1);

    /// <summary>
    /// So many hosts are kept that no library names; the report of one more is not kept until a library is registered for it. Who
    /// makes up hosts so takes nothing from those that are.
    /// </summary>
    const int MostHostsWithoutLibraries = 100;

    /// <summary>Of such a host a report that is longer as JSON, in characters, is kept without what it tells of libraries.</summary>
    const int LongestWithoutLibraries = 16 * 1024;

    /// <summary>Keeps the report if the host's name belongs to its state, or does from now on, unless a later one is there.</summary>
    /// <param name="silence">
    /// How long the name's watcher must not have been heard, while others were, before one of these has the name. By the
    /// database's clock.
    /// </param>
    /// <returns>True: the name has come to the report's state just now.</returns>
    Task<bool> SaveAsync(WatcherReport report, TimeSpan silence, CancellationToken cancellationToken);

    Task<IReadOnlyList<WatcherReport>> ReadAsync(CancellationToken cancellationToken);

    Task<IReadOnlyList<HostLease>> ReadLeasesAsync(CancellationToken cancellationToken);

    /// <summary>Forgets the hosts that no library names, removed ones apart, and whose watchers have been silent for so long.</summary>
    /// <returns>How many.</returns>
    Task<long> ForgetSilentAsync(TimeSpan silence, CancellationToken cancellationToken);

    /// <summary>Forgets a host, until its watcher reports again.</summary>
    /// <returns>False: there is none of this name, or a library names it that is not removed.</returns>
    Task<bool> ForgetAsync(string host, CancellationToken cancellationToken);
}
