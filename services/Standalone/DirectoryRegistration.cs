using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Registry;

namespace WatchPhoto.Standalone;

/// <summary>Makes libraries of this machine of directories; a directory that was one before is the same library again.</summary>
internal sealed class DirectoryRegistration(LibraryRegistrations registrations, string host)
{
    public async Task<IReadOnlyList<Library>> LivingAsync(CancellationToken cancellationToken) =>
        [.. (await registrations.ReadAsync(cancellationToken)).Where(library => library.RemovedAt is null)];

    /// <param name="include">Null: as registered before, or the usual photo extensions.</param>
    public async Task RegisterAsync(IReadOnlyList<string> directories, IReadOnlyList<string>? include, CancellationToken cancellationToken)
    {
        var registered = await registrations.ReadAsync(cancellationToken);
        foreach (string directory in directories)
        {
            var library = registered.Where(library => library.Path.TrimEnd('/') == directory).MinBy(library => library.RemovedAt is not null);
            if (library is null)
            {
                await registrations.AddAsync(
                    new LibraryDefinition { Name = Path.GetFileName(directory), Host = host, Path = directory, Include = include }, cancellationToken);
                continue;
            }

            if (library.RemovedAt is not null)
                library = await registrations.RestoreAsync(library.Id, cancellationToken);
            // A machine may be called otherwise than at the last start.
            bool sameInclude = include is null || include.SequenceEqual(library.Include ?? []);
            if (library.Host != host || !sameInclude)
                await registrations.ReplaceAsync(library.Id, Definition(library, include), cancellationToken);
        }
    }

    private LibraryDefinition Definition(Library library, IReadOnlyList<string>? include) => new()
    {
        Name = library.Name,
        Host = host,
        Path = library.Path,
        Include = include ?? library.Include,
        Exclude = library.Exclude,
        Kind = library.Kind,
        Backend = library.Backend,
    };
}
