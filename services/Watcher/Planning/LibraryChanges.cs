using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.State;

namespace WatchPhoto.Watcher.Planning;

/// <summary>What a plan changes in one library, with one version.</summary>
internal sealed class LibraryChanges(StateDatabase state, WatchedLibrary library, long version)
{
    // What is more than an entry that is new.
    private readonly List<FileEvent> _events = [];
    private readonly List<(byte[] Directory, Entry Entry)> _told = [];

    public long Version { get; } = version;

    public void Put(PlannedPath path, in Outcome outcome)
    {
        var text = path.Text();
        var entry = Entry.Of(path.Key, text, outcome.Id, Version, path.OnDisk!.Value);
        state.Put(library, path.Recorded, entry);

        bool within = outcome.Other?.Directory.Library == library;
        var kind = outcome.Kind == OutcomeKind.Moved ? FileEventKind.Moved
            : path.Recorded is null ? FileEventKind.Created : FileEventKind.Changed;
        if (kind == FileEventKind.Created || (kind == FileEventKind.Moved && !within))
        {
            _told.Add((path.Directory.Path, entry));
            return;
        }

        _events.Add(new FileEvent
        {
            Kind = kind,
            Version = Version,
            Path = text,
            OldPath = within ? outcome.Other!.Text() : null,
            PhotoId = outcome.Id,
            File = entry.File,
        });
    }

    public void Remove(PlannedPath path) => state.Remove(library, path.Recorded!);

    /// <summary>Tells that a file, or a directory with all below, is gone.</summary>
    public void Tell(FileEventKind kind, string path) => _events.Add(new FileEvent { Kind = kind, Version = Version, Path = path });

    public void Finish()
    {
        if (_events.Count == 0)
        {
            Outbox.Add(state, library, FileEventKind.Created, _told);
        }
        else
        {
            _events.AddRange(_told.Select(one => one.Entry.Event(FileEventKind.Created, one.Directory)));
            Outbox.Add(state, library, _events);
        }
    }
}
