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
/// A tombstone counts for as much as the highest range above it, and so needs no writing when that is raised: photos that
/// are deleted, or move, one by one before their directory goes are written once.
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
        IRegisterSteps steps, FoldedEvents message, long createFrom, CancellationToken cancellationToken)
    {
        await RemoveAsync(steps, message.LibraryId, message.Removals, cancellationToken);
        foreach (bool create in (bool[])[true, false])
        {
            var registers = message.Registers.FindAll(register => register.Version >= createFrom == create);
            await WriteAsync(steps, message.LibraryId, registers, create, cancellationToken);
        }
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
        IRegisterSteps steps, string libraryId, List<Register> registers, bool create, CancellationToken cancellationToken)
    {
        if (registers.Count == 0)
            return;
        await steps.WriteAsync(libraryId, registers, create, cancellationToken);

        var living = registers.FindAll(register => register.Live is not null);
        if (living.Count == 0)
            return;
        var ranges = await steps.ReadRangesAsync(libraryId, Above(living), cancellationToken);
        if (ranges.Count == 0)
            return;
        var beaten = Beaten(living, ranges);
        if (beaten.Count > 0)
            await steps.WriteAsync(libraryId, beaten, create: false, cancellationToken);
    }

    private static HashSet<string> Above(List<Register> registers)
    {
        HashSet<string> directories = [""];
        ReadOnlySpan<char> last = default;
        foreach (var register in registers)
        {
            // Sorted, most are in the same directory as the one before.
            var parent = register.Path.AsSpan(0, Math.Max(0, register.Path.LastIndexOf('/')));
            if (parent.SequenceEqual(last))
                continue;
            last = parent;
            foreach (string directory in PhotoPath.Ancestors(register.Path))
                directories.Add(directory);
        }

        return directories;
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
}
