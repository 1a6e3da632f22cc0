using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Registry;

namespace WatchPhoto.Standalone;

/// <summary>Makes libraries of this machine of directories; a directory that was one before is the same library again.</summary>
internal sealed class DirectoryRegistration(LibraryRegistrations registrations, string host)
{
    public async Task<IReadOnlyList<Library>> LivingAsync(CancellationToken cancellationToken) =>
        [.. (await registrations.ReadAsync(cancellationToken)).Where(library => library.RemovedAt is null && library.Host == host)];

    /// <param name="include">Null: as registered before, or the usual photo extensions.</param>
    /// <exception cref="RefusedStartException">One that is not registered cannot be watched; nothing is changed.</exception>
    public async Task RegisterAsync(IReadOnlyList<PhotoDirectory> directories, IReadOnlyList<string>? include, CancellationToken cancellationToken)
    {
        var registered = await registrations.ReadAsync(cancellationToken);
        // One that is registered may come back: its watcher says what is wrong meanwhile.
        if (directories.FirstOrDefault(directory => directory.Problem is not null && Find(registered, directory) is not { RemovedAt: null }) is { } unknown)
            throw new RefusedStartException(unknown.Problem!);

        // A machine may be called otherwise than at the last start: what was watched here then has an owner, which is the same now.
        foreach (var library in registered.Where(library => library is { RemovedAt: null, Owner: not null } && library.Host != host))
            await registrations.AmendAsync(library.Id, present => present with { Host = host }, cancellationToken);

        foreach (var directory in directories)
        {
            if (Find(registered, directory) is not { } library)
            {
                string name = Path.GetFileName(directory.Path);
                await registrations.AddAsync(
                    new LibraryDefinition
                    {
                        Name = Library.NameOf(string.IsNullOrWhiteSpace(name) ? directory.Path : name), Host = host, Path = directory.Path, Include = include,
                    },
                    cancellationToken);
                continue;
            }

            if (library.RemovedAt is not null)
                await registrations.RestoreAsync(library.Id, cancellationToken);
            await registrations.AmendAsync(
                library.Id,
                present => present with
                {
                    Host = host,
                    // The same list is the same library: nothing has to be compared for it.
                    Include = include is null || include.SequenceEqual(present.Include ?? []) ? present.Include : include,
                },
                cancellationToken);
        }
    }

    private static Library? Find(IReadOnlyList<Library> registered, PhotoDirectory directory) =>
        registered.Where(library => library.Path.TrimEnd('/') == directory.Path).MinBy(library => library.RemovedAt is not null);
}
