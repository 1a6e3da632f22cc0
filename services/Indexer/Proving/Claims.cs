using WatchPhoto.Contracts;

namespace WatchPhoto.Indexer.Proving;

/// <summary>
/// What is claimed of a library, which is two things apart: the catalog equals what the watcher knows, and the watcher knows the
/// disk. Of a library that its watcher does not see wholly neither is claimed.
/// </summary>
public sealed record Claims
{
    public required string LibraryId { get; init; }

    /// <summary>The catalog equals what the watcher knows: when that was proven last; null: it is not claimed.</summary>
    public DateTimeOffset? VerifiedAt { get; init; }

    /// <summary>The version of that proof.</summary>
    public long? VerifiedVersion { get; init; }

    /// <summary>The watcher knows the disk: when it last compared the whole of it, and it sees all of it; null: it is not claimed.</summary>
    public DateTimeOffset? DiskComparedAt { get; init; }

    /// <summary>Why one of them is not claimed, or both; null: both are.</summary>
    public string? NotClaimed { get; init; }

    /// <summary>The library's state, as its watcher says; null: no watcher tells of it.</summary>
    public LibraryState? State { get; init; }

    /// <summary>What of the library the watcher cannot see; null: nothing that it knows of.</summary>
    public Unseen? Unseen { get; init; }

    /// <inheritdoc cref="Verification.Drifts"/>
    public long Drifts { get; init; }

    public DateTimeOffset? LastDriftAt { get; init; }

    /// <inheritdoc cref="Verification.LastDrift"/>
    public string? LastDrift { get; init; }

    /// <inheritdoc cref="Verification.NextResyncAt"/>
    public DateTimeOffset? NextResyncAt { get; init; }

    /// <param name="report">The last one of the watcher of the library's host; null: there was none.</param>
    public static Claims Of(Verification known, WatcherReport? report)
    {
        ArgumentNullException.ThrowIfNull(known);
        var library = report?.Libraries.FirstOrDefault(each => each.LibraryId == known.LibraryId);
        var refused = report?.Refused.FirstOrDefault(each => each.LibraryId == known.LibraryId);
        bool isSeen = refused is null && library?.Unseen is null
            && library?.State is not (LibraryState.Held or LibraryState.Offline or LibraryState.Degraded or LibraryState.Recovering);
        // Compared, or not told of: what was proven was so then, but what is on the disk now is not known.
        bool isKnown = isSeen && library?.State is (LibraryState.Watching or LibraryState.Polling);
        var claims = new Claims
        {
            LibraryId = known.LibraryId,
            VerifiedAt = isSeen ? known.VerifiedAt : null,
            VerifiedVersion = isSeen ? known.VerifiedVersion : null,
            DiskComparedAt = isKnown ? known.DiskComparedAt : null,
            State = library?.State,
            Unseen = library?.Unseen,
            Drifts = known.Drifts,
            LastDriftAt = known.LastDriftAt,
            LastDrift = known.LastDrift,
            NextResyncAt = known.NextResyncAt,
        };
        return claims with { NotClaimed = claims is { VerifiedAt: not null, DiskComparedAt: not null } ? null : Why(known, library, refused) };
    }

    private static string Why(Verification known, LibraryReport? library, RefusedLibrary? refused) =>
        refused?.Reason ?? library?.State switch
        {
            null => "No watcher tells of the library: the one of its host must run, and has it within seconds.",
            LibraryState.Scanning => "The disk is being compared with what the watcher knows.",
            LibraryState.Recovering => "The watcher's state is lost; it asks the catalog for its picture first.",
            LibraryState.Watching or LibraryState.Polling when known.VerifiedAt is null && known.LastDrift is { } drift =>
                drift.EndsWith('.') ? $"The catalog differs: {drift}" : $"The catalog differs ({drift}); the watcher tells all of it again.",
            LibraryState.Watching or LibraryState.Polling => "No proof of the watcher has come yet: it comes when the library is quiet.",
            _ => library.Reason ?? "The watcher does not see all of the library.",
        };
}
