namespace WatchPhoto.Watcher.Planning;

/// <summary>On what terms a plan is made.</summary>
/// <param name="Final">
/// Whether what is recorded and not there is deleted now, having had its chance to be a source; and whether a file that took its
/// place takes over its photo id.
/// </param>
/// <param name="IsAll">Whether all that has appeared in the comparison is among what is planned.</param>
/// <param name="Now">The time of versions.</param>
/// <param name="HostNow">The time of files.</param>
/// <param name="RewriteInterval">A file that is rewritten is told of again after this time.</param>
internal readonly record struct PlanTerms(bool Final, bool IsAll, DateTimeOffset Now, DateTimeOffset HostNow, TimeSpan RewriteInterval);
