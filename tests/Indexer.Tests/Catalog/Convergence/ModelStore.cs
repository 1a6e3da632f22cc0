using WatchPhoto.Indexer.Catalog.Algebra;

namespace WatchPhoto.Indexer.Tests.Catalog.Convergence;

/// <summary>
/// A store in memory that is as unhelpful as a store may be: a step is many small ones in no particular order, others have
/// their turns between any two of them, and a sweep does not see what came after it began to look.
/// </summary>
internal sealed class ModelStore(Turns turns) : IRegisterSteps
{
    public Contents Contents { get; } = new();

    public async Task RaiseRangesAsync(string libraryId, IReadOnlyList<Removal> removals, CancellationToken cancellationToken)
    {
        foreach (var (directory, version) in Shuffled(removals))
        {
            await turns.Next();
            Contents.Ranges[directory] = Math.Max(version, Contents.Ranges.GetValueOrDefault(directory));
        }
    }

    public async Task SweepAsync(string libraryId, IReadOnlyList<Removal> removals, CancellationToken cancellationToken)
    {
        foreach (var (directory, version) in Shuffled(removals))
        {
            await turns.Next();
            var seen = Contents.Registers.Keys.Where(path => directory == "" || path.StartsWith(directory + "/", StringComparison.Ordinal));
            foreach (string path in Shuffled([.. seen]))
            {
                await turns.Next();
                if (Contents.Registers[path] is { Live: not null } living && living.Version < version)
                    Contents.Registers[path] = new Register(path, version, Live: null);
            }
        }
    }

    public async Task WriteAsync(string libraryId, IReadOnlyList<Register> registers, bool create, CancellationToken cancellationToken)
    {
        foreach (var register in Shuffled(registers))
        {
            await turns.Next();
            if (Contents.Registers.TryGetValue(register.Path, out var present) ? register.Supersedes(present) : create)
                Contents.Registers[register.Path] = register;
        }
    }

    public async Task<IReadOnlyDictionary<string, long>> ReadRangesAsync(
        string libraryId, IReadOnlyCollection<string> directories, CancellationToken cancellationToken)
    {
        Dictionary<string, long> ranges = [];
        foreach (string directory in Shuffled([.. directories]))
        {
            await turns.Next();
            if (Contents.Ranges.TryGetValue(directory, out long version))
                ranges.Add(directory, version);
        }

        return ranges;
    }

    private T[] Shuffled<T>(IReadOnlyList<T> items)
    {
        T[] shuffled = [.. items];
        turns.Random.Shuffle(shuffled);
        return shuffled;
    }
}
