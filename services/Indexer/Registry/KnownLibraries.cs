using Microsoft.Extensions.Options;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Database;

namespace WatchPhoto.Indexer.Registry;

/// <summary>The registry, remembered for a moment: thousands of messages a second ask for the same few libraries.</summary>
internal sealed class KnownLibraries(
    ILibraryRegistry registry, DatabaseConnection database, RegistryChanges changes, IOptions<IndexerOptions> options, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _reading = new(1);
    private Snapshot _known = new(new Dictionary<string, Library>(), long.MinValue, Task.CompletedTask);

    /// <summary>The library, perhaps removed; null: never registered.</summary>
    /// <param name="epoch">A library known with a lower one is asked for again: it may have changed hands just now.</param>
    public async Task<Library?> FindAsync(string libraryId, long epoch, CancellationToken cancellationToken)
    {
        var known = Volatile.Read(ref _known);
        if (IsFresh(known) && known.Libraries.TryGetValue(libraryId, out var library) && library.Epoch >= epoch)
            return library;

        long asked = time.GetTimestamp();
        await _reading.WaitAsync(cancellationToken);
        try
        {
            // Who waited here while another read the registry has that answer.
            if (Volatile.Read(ref _known) is var current && current.ReadAt >= asked)
                return current.Libraries.GetValueOrDefault(libraryId);

            long readAt = time.GetTimestamp();
            var next = changes.Next;
            var announced = await database.AskAsync(registry.ReadAsync, cancellationToken);
            var read = new Snapshot(announced.Libraries.ToDictionary(each => each.Id), readAt, next);
            Volatile.Write(ref _known, read);
            return read.Libraries.GetValueOrDefault(libraryId);
        }
        finally
        {
            _reading.Release();
        }
    }

    public void Dispose() => _reading.Dispose();

    private bool IsFresh(Snapshot known) =>
        !known.Outdated.IsCompleted && time.GetElapsedTime(known.ReadAt) <= options.Value.LibraryMemory;

    // Outdated completes when a library is changed through this process.
    private sealed record Snapshot(IReadOnlyDictionary<string, Library> Libraries, long ReadAt, Task Outdated);
}
