using WatchPhoto.Contracts;

namespace WatchPhoto.Bus;

/// <param name="Place">Where in the stretch it was found: from 0, its beginning, to 1, its end.</param>
/// <param name="Events">Null: what was published is no such message.</param>
public sealed record HistoricMessage(double Place, FileEvents? Events);
