using WatchPhoto.Contracts;

namespace WatchPhoto.Indexer.Catalog.Algebra;

/// <summary>
/// How events become registers: the same for every store, and a join, so that any order, any repetition and any
/// interleaving of single steps by several indexers ends in the same catalog, provided that whoever dies on the way has its
/// message delivered again.
/// <para>
/// A removal raises its range first and sweeps then; a write comes first and reads the ranges above it then. Whichever way
/// the two interleave, one of them sees the other: the write finds the range raised, or the sweep finds the register written.
/// </para>
/// <para>
/// Nothing is left early. That a register or a range is there already may be the work of an earlier delivery that died
/// right after it, before it swept or looked at the ranges.
/// </para>
/// </summary>
internal static class RegisterAlgebra
{
    /// <param name="createFrom">Events of lower versions create no register, as their tombstones may be forgotten.</param>
    public static async Task ApplyAsync(
        IRegisterSteps steps, FileEvents message, long createFrom, CancellationToken cancellationToken)
    {
        var (registers, removals) = Fold(message);
        var fresh = message.Events.Where(change => change.Kind == FileEventKind.Created).Select(change => change.Path).ToHashSet();
        await RemoveAsync(steps, message.LibraryId, removals, cancellationToken);

        var old = registers.FindAll(register => register.Version < createFrom);
        if (old.Count > 0)
            registers.RemoveAll(register => register.Version < createFrom);
        await WriteAsync(steps, message.LibraryId, registers, create: true, fresh, cancellationToken);
        await WriteAsync(steps, message.LibraryId, old, create: false, fresh, cancellationToken);
    }

    public static async Task RemoveAsync(
        IRegisterSteps steps, string libraryId, IReadOnlyList<Removal> removals, CancellationToken cancellationToken)
    {
        if (removals.Count == 0)
            return;
        await steps.RaiseRangesAsync(libraryId, removals, cancellationToken);
        await steps.SweepAsync(libraryId, removals, cancellationToken);
    }

    private static async Task WriteAsync(
        IRegisterSteps steps, string libraryId, List<Register> registers, bool create, IReadOnlySet<string> fresh,
        CancellationToken cancellationToken)
    {
        if (registers.Count == 0)
            return;
        await steps.WriteAsync(libraryId, registers, create, fresh, cancellationToken);

        HashSet<string> directories = [""];
        foreach (var register in registers)
        {
            foreach (string directory in PhotoPath.Ancestors(register.Path))
                directories.Add(directory);
        }

        var ranges = await steps.ReadRangesAsync(libraryId, directories, cancellationToken);
        if (ranges.Count == 0)
            return;
        var beaten = Beaten(registers, ranges);
        if (beaten.Count > 0)
            await steps.WriteAsync(libraryId, beaten, create: false, fresh, cancellationToken);
    }

    private static List<Register> Beaten(List<Register> registers, IReadOnlyDictionary<string, long> ranges)
    {
        List<Register> beaten = [];
        long root = ranges.GetValueOrDefault("");
        foreach (var register in registers)
        {
            long highest = root;
            foreach (string directory in PhotoPath.Ancestors(register.Path))
                highest = Math.Max(highest, ranges.GetValueOrDefault(directory));
            if (highest > register.Version)
                beaten.Add(new Register(register.Path, highest, Live: null));
        }

        return beaten;
    }

    /// <summary>
    /// What is left of a message when its events have met each other: one register a path, one removal a directory. Both
    /// sorted: who fills a tree from left to right is fast, and who locks in one order never deadlocks.
    /// </summary>
    private static (List<Register> Registers, List<Removal> Removals) Fold(FileEvents message)
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
        return (sorted, [.. removals.Select(r => new Removal(r.Key, r.Value)).OrderBy(r => r.Directory, StringComparer.Ordinal)]);
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
        return new Register(change.Path, change.Version, new LivePhoto(photoId, file, change.Photo, digest));
    }

    private static T Required<T>(T? value, FileEvent change, string what)
        where T : class => value ?? throw Lacking(change, what);

    private static ArgumentException Lacking(FileEvent change, string what) =>
        new($"The event '{change.Kind}' of '{change.Path}' lacks its {what}.");
}
