using System.ComponentModel;
using System.Text.Json.Serialization;
using WatchPhoto.Contracts;

namespace WatchPhoto.Indexer.Registry;

/// <summary>What is said of a library to register or replace it; the rest of a <see cref="Library"/> is not for people to say.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record LibraryDefinition
{
    [Description("Letters, digits, dots, dashes and underscores, 64 at most; made from the name where absent.")]
    public string? Id { get; init; }

    [Description("For people: 200 characters at most, none of them a control character.")]
    public string? Name { get; init; }

    [Description("The host whose watcher takes care of the library, as that watcher calls itself; 255 characters at most.")]
    public string? Host { get; init; }

    [Description("The library's directory on its host, absolute, 4096 characters at most. A name in it that is not UTF-8 is percent-encoded behind one more slash: /srv//caf%E9.")]
    public string? Path { get; init; }

    [Description("Globs of the files of interest, 1 to 100, in the language of .gitignore with braces, in any case; absent: the usual photo extensions; **/* is every file.")]
    public IReadOnlyList<string>? Include { get; init; }

    [Description("Globs of files and directories to leave out, 100 at most, in the same language; absent: hidden files, temporaries, thumbnails.")]
    public IReadOnlyList<string>? Exclude { get; init; }

    [Description("'store' (the default) is watched; others are only kept.")]
    public string? Kind { get; init; }

    [Description("'local' (the default) is watched; others are only kept.")]
    public string? Backend { get; init; }

    [Description("How its changes are seen: 'auto' (the default: by events where the file system tells them), 'inotify' or 'poll'.")]
    public string? Watch { get; init; }

    internal static string Text(WatchMode watch) => watch.ToString().ToLowerInvariant();

    /// <exception cref="FormatException">It is none.</exception>
    internal static WatchMode WatchMode(string text) =>
        Enum.GetValues<WatchMode>().Cast<WatchMode?>().FirstOrDefault(mode => Text(mode!.Value) == text)
        ?? throw new FormatException($"'{(text.Length <= 20 ? text : text[..20] + "...")}' is no way to watch: say auto, inotify or poll.");
}
