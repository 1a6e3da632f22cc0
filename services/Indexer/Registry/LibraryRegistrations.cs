using WatchPhoto.Contracts;

namespace WatchPhoto.Indexer.Registry;

/// <summary>Registers, replaces, removes and restores libraries, and refuses what cannot be watched, with the reason.</summary>
public sealed class LibraryRegistrations(ILibraryRegistry registry, RegistryChanges changes, TimeProvider time)
{
    public async Task<IReadOnlyList<Library>> ReadAsync(CancellationToken cancellationToken) =>
        (await registry.ReadAsync(cancellationToken)).Libraries;

    /// <exception cref="RefusedRegistrationException">There is none of this id.</exception>
    public async Task<Library> FindAsync(string id, CancellationToken cancellationToken) =>
        Find(await ReadAsync(cancellationToken), id);

    /// <exception cref="RefusedRegistrationException"/>
    public async Task<Library> AddAsync(LibraryDefinition definition, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(definition);
        // An id that cannot be added and is not listed either has been taken just now, or by a row that is left out of the list.
        var taken = new HashSet<string>();
        while (true)
        {
            var registered = await ReadAsync(cancellationToken);
            taken.UnionWith(registered.Select(other => other.Id));
            string id = definition.Id ?? LibraryId.From(definition.Name, taken);
            var library = Checked(Defined(definition, new Library { Id = id, Name = "", Host = "", Path = "" }));
            if (taken.Contains(id))
                throw Taken(id, registered.FirstOrDefault(other => other.Id == id));
            RefuseOverlap(library, registered);

            if (await registry.AddAsync(library, cancellationToken))
            {
                changes.Raise();
                return library;
            }

            taken.Add(id);
        }
    }

    /// <summary>
    /// The library as it would be registered, which it is not. Of one that is registered the id is enough: what is not said is
    /// as it is then.
    /// </summary>
    /// <exception cref="RefusedRegistrationException"/>
    public async Task<Library> DraftAsync(LibraryDefinition definition, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(definition);
        var registered = await ReadAsync(cancellationToken);
        if (definition is { Id: { } id, Host: null, Path: null })
        {
            var present = Find(registered, id);
            definition = definition with
            {
                Host = present.Host,
                Path = present.Path,
                Include = definition.Include ?? present.Include,
                Exclude = definition.Exclude ?? present.Exclude,
                Kind = definition.Kind ?? present.Kind,
                Backend = definition.Backend ?? present.Backend,
            };
        }

        // It need not be named yet.
        string name = definition.Name ?? "preview";
        var free = definition.Id ?? LibraryId.From(name, registered.Select(other => other.Id).ToHashSet());
        var library = Checked(Defined(definition with { Name = name }, new Library { Id = free, Name = "", Host = "", Path = "" }));
        if (library.Kind != Library.StoreKind || library.Backend != Library.LocalBackend)
            throw new RefusedRegistrationException(RefusalKind.Invalid, $"A library of the kind '{library.Kind}' and the backend '{library.Backend}' is not looked at: leave both out.");
        RefuseOverlap(library, registered);
        return library;
    }

    /// <exception cref="RefusedRegistrationException"/>
    public Task<Library> ReplaceAsync(string id, LibraryDefinition definition, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return ChangeAsync(id, present =>
        {
            if (definition.Id is { } other && other != id)
                throw new RefusedRegistrationException(RefusalKind.Invalid, $"The library's id stays '{id}': leave the id out, or register '{other}' as a new library.");
            if (present.RemovedAt is not null)
                throw new RefusedRegistrationException(RefusalKind.Conflict, $"The library '{id}' is removed: restore it first (POST /api/libraries/{id}/restore).");

            var library = Checked(Defined(definition, present));
            // Another host's watcher owns it from here on: what the former one still says is of the old epoch.
            return library.Host == present.Host ? library : library with { Epoch = present.Epoch + 1, Owner = null };
        }, cancellationToken);
    }

    /// <summary>Changes what is said and nothing else; whoever owns the library goes on owning it.</summary>
    /// <exception cref="RefusedRegistrationException"/>
    public Task<Library> AmendAsync(string id, Func<Library, Library> amend, CancellationToken cancellationToken) =>
        ChangeAsync(id, present => Checked(amend(present)), cancellationToken);

    /// <exception cref="RefusedRegistrationException"/>
    public Task RemoveAsync(string id, CancellationToken cancellationToken) => ChangeAsync(
        id, present => present.RemovedAt is null ? present with { RemovedAt = time.GetUtcNow() } : present, cancellationToken);

    /// <summary>Undoes a removal. What was said of the library before is of an old epoch from here on.</summary>
    /// <exception cref="RefusedRegistrationException"/>
    public Task<Library> RestoreAsync(string id, CancellationToken cancellationToken) => ChangeAsync(
        id, present => present.RemovedAt is null ? present : present with { RemovedAt = null, Epoch = present.Epoch + 1 }, cancellationToken);

    private async Task<Library> ChangeAsync(string id, Func<Library, Library> change, CancellationToken cancellationToken)
    {
        while (true)
        {
            var registered = await ReadAsync(cancellationToken);
            var present = Find(registered, id);
            var library = change(present);
            if (library == present)
                return present;
            if (library.RemovedAt is null)
                RefuseOverlap(library, registered);
            if (await registry.ReplaceAsync(present, library, cancellationToken))
            {
                changes.Raise();
                return library;
            }

            // It has changed hands meanwhile: once more, as it is now.
        }
    }

    private static Library Find(IReadOnlyList<Library> registered, string id) =>
        registered.FirstOrDefault(library => library.Id == id)
        ?? throw new RefusedRegistrationException(RefusalKind.Unknown, $"There is no library '{Shown(id)}'; GET /api/libraries lists those there are.");

    private static RefusedRegistrationException Taken(string id, Library? library) => new(RefusalKind.Conflict, library?.RemovedAt is null
        ? $"There is a library '{id}' already: choose another id, or replace it (PUT /api/libraries/{id})."
        : $"The library '{id}' is removed but not forgotten yet: restore it (POST /api/libraries/{id}/restore), or choose another id.");

    // No id is longer, so that it is not told as a whole.
    private static string Shown(string id) => id.Length <= Library.MaxIdLength ? id : id[..Library.MaxIdLength] + "...";

    private static Library Defined(LibraryDefinition definition, Library present) => present with
    {
        Name = definition.Name ?? "",
        Host = definition.Host ?? "",
        Path = definition.Path is { Length: > 1 } path ? path[0] + path[1..].TrimEnd('/') : definition.Path ?? "",
        Include = definition.Include,
        Exclude = definition.Exclude,
        Kind = definition.Kind ?? Library.StoreKind,
        Backend = definition.Backend ?? Library.LocalBackend,
        Watch = WatchModeOf(definition),
    };

    private static Library Checked(Library library) =>
        (library.Problem() ?? GlobRules.Problem(library)) is { } problem
            ? throw new RefusedRegistrationException(RefusalKind.Invalid, problem)
            : library;

    private static WatchMode WatchModeOf(LibraryDefinition definition)
    {
        try
        {
            return definition.Watch is null ? default : LibraryDefinition.WatchMode(definition.Watch);
        }
        catch (FormatException exception)
        {
            throw new RefusedRegistrationException(RefusalKind.Invalid, exception.Message);
        }
    }

    // Two indexers that register at the same moment may both see no overlap; the watcher then refuses one of the two.
    private static void RefuseOverlap(Library library, IReadOnlyList<Library> registered)
    {
        var other = registered.FirstOrDefault(other => other.Id != library.Id && other.RemovedAt is null && other.Overlaps(library));
        if (other is not null)
        {
            throw new RefusedRegistrationException(RefusalKind.Conflict,
                $"The path '{library.Path}' overlaps '{other.Path}', the library '{other.Id}' of the same host: a file belongs to one library only, so remove that one or choose a directory outside of it.");
        }
    }
}
