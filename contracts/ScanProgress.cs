namespace WatchPhoto.Contracts;

/// <param name="Files">Files compared so far.</param>
/// <param name="Expected">Files there will be, as far as is known.</param>
/// <param name="FilesPerSecond">Since the scan began.</param>
/// <param name="BusySeconds">How long one core has worked for it; the rest of the time it has left to others.</param>
public sealed record ScanProgress(long Files, long Expected, double FilesPerSecond, double BusySeconds);
