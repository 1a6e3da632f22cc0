using WatchPhoto.Contracts;

namespace WatchPhoto.Indexer.Catalog.Algebra;

/// <summary>
/// What is left of a message when its events have met each other: one register a path, one removal a directory. Both
/// sorted: who fills a tree from left to right is fast, and who locks in one order never deadlocks.
/// </summary>
internal sealed class FoldedEvents
{
    public required string LibraryId { get; init; }

    public required List<Register> Registers { get; init; }

    public required List<Removal> Removals { get; init; }

    /// <exception cref="ArgumentException">An event lacks what its kind must have.</exception>
    public static FoldedEvents Of(FileEvents message)
    {
        Dictionary<string, Register> registers = new(message.Events.Count, StringComparer.Ordinal);
        Dictionary<string, long> removals = [];

        foreach (var change in message.Events)
        {
            switch (change.Kind)
            {
                case FileEventKind.Created or FileEventKind.Changed:
                    Meet(registers, Living(change));
                    break;
                case FileEventKind.Moved:
                    Meet(registers, Living(change));
                    Meet(registers, new Register(Required(change.OldPath, change, "path it was moved from"), change.Version, Live: null));
                    break;
                case FileEventKind.Deleted:
                    Meet(registers, new Register(change.Path, change.Version, Live: null));
                    break;
                case FileEventKind.DirectoryRemoved:
                    removals[change.Path] = Math.Max(change.Version, removals.GetValueOrDefault(change.Path));
                    break;
                default:
                    throw new ArgumentException($"'{change.Path}' has an event of unknown kind {change.Kind}.", nameof(message));
            }
        }

        List<Register> sorted = [.. registers.Values];
        sorted.Sort((a, b) => PathOrder.Compare(a.Path, b.Path));
        return new FoldedEvents
        {
            LibraryId = message.LibraryId,
            Registers = sorted,
            Removals = [.. removals.Select(r => new Removal(r.Key, r.Value)).OrderBy(r => r.Directory, StringComparer.Ordinal)],
        };
    }

    private static void Meet(Dictionary<string, Register> registers, Register register)
    {
        if (!registers.TryAdd(register.Path, register) && register.Supersedes(registers[register.Path]))
            registers[register.Path] = register;
    }

    private static Register Living(FileEvent change)
    {
        var photoId = change.PhotoId ?? throw Lacking(change, "photo id");
        var file = Required(change.File, change, "file");
        uint digest = RegisterDigest.Compute(change.Path, change.Version, photoId, file, change.Photo);
        return new Register(change.Path, change.Version, new LivePhoto(photoId, file, change.Photo, digest))
        {
            IsFresh = change.Kind == FileEventKind.Created,
        };
    }

    private static T Required<T>(T? value, FileEvent change, string what)
        where T : class => value ?? throw Lacking(change, what);

    private static ArgumentException Lacking(FileEvent change, string what) =>
        new($"The event '{change.Kind}' of '{change.Path}' lacks its {what}.");
}
